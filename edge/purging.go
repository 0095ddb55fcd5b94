package edge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/site"
	"brink/purge"
)

// purgePatience is how long a request to purge waits for the disk or the fleet.
const purgePatience = 10 * time.Second

// admitPurge admits a request to purge, or refuses it.
func (n *Node) admitPurge(x *exchange) step {
	detail, text, hint := forbidsPurge(x.site, &x.Request)
	if text == "" {
		return stepPurge
	}
	x.refused(message.ReasonMethodRefused)
	x.status.Detail = message.DetailOf(detail)
	n.answerPurgeError(x, 405, text, hint)
	return stepDone
}

// forbidsPurge says why a request may not purge: a short detail, a sentence, and a hint what
// to do about it. All are empty if the request may purge.
//
// A field of the request may say that a proxy forwarded it. If that proxy is not trusted, the
// address of the connection is the proxy's. Then any client could have sent the request, so it
// may not purge.
func forbidsPurge(s *site.Site, r *message.Request) (detail, text, hint string) {
	if s.Purging == nil {
		return "", "the site takes no purges", "give the site a purge block with the client's address in allow"
	}
	client := r.Client()
	switch {
	case !client.IsValid():
		return "unknown", "a trusted proxy does not name the client's address", "have the proxy write the address to X-Forwarded-For"
	case len(r.Way.Proxies) == 0:
		if name := semantics.ProxySign(&r.Fields); name != "" {
			return name, fmt.Sprintf("%s says that a proxy forwarded the request, and no trusted proxy names the client", name),
				"name the proxy in trusted_proxies of the listener and have it write X-Forwarded-For, or send purges directly"
		}
	}
	if !slices.ContainsFunc(s.Purging.Allow, func(p netip.Prefix) bool { return p.Contains(client) }) {
		return client.String(), fmt.Sprintf("the address %v may not purge", client), "add the address to purge { allow } of the site"
	}
	return "", "", ""
}

// purging purges what a request names. It answers with the number of the purge once that is
// durable.
func (n *Node) purging(x *exchange) {
	items, reason := semantics.PurgeItems(&x.Request, x.site.Name, x.site.Purging.Soft)
	switch reason {
	case message.ReasonPurgePattern:
		n.purgeFailed(x, 501, reason, "the pattern may match more than the node can purge", patternHint)
		return
	case message.ReasonBadRequest:
		n.purgeFailed(x, 400, reason, "the request names nothing to purge", "give tags or a path that begins with /")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), purgePatience)
	defer cancel()
	seq, err := n.Purge(ctx, items)
	if err == nil || errors.Is(err, purge.ErrNotDurable) {
		x.status = message.CacheStatus{Outcome: message.Purged, Reason: message.ReasonPurge}
	}
	switch {
	case errors.Is(err, purge.ErrPattern):
		n.purgeFailed(x, 501, message.ReasonPurgePattern, err.Error(), patternHint)
	case errors.Is(err, ErrPurge):
		n.purgeFailed(x, 400, message.ReasonBadRequest, err.Error(), "nothing was purged")
	case errors.Is(err, purge.ErrNotSent):
		n.answerPurgeError(x, 503, err.Error(), "the purge is in force on this node only: send it again")
	case errors.Is(err, purge.ErrNotDurable):
		n.answerPurgeError(x, 503, err.Error(), "a restart may undo the purge: send it again")
	case err != nil:
		n.purgeFailed(x, 503, message.ReasonPurge, err.Error(), "send it again")
	default:
		n.purgeReply(x, 200, purged{seq})
	}
}

// patternHint says which patterns can be purged.
const patternHint = "end a path in * to purge what begins with it, purge all by PURGE /.*, or name tags (xkey-purge, Surrogate-Key)"

// misdirected answers a request for a host that no site has.
func (n *Node) misdirected(x *exchange) {
	if !semantics.Purges(&x.Request) {
		n.refuse(x, 421, message.ReasonUnknownHost)
		return
	}
	n.purgeFailed(x, 421, message.ReasonUnknownHost, fmt.Sprintf("%q matches no site", x.Request.URL.Name),
		"send a Host that a site of the conf has")
}

// purged is the answer to a purge that is in force.
type purged struct {
	Seq purge.Seq `json:"seq"`
}

// purgeError is the answer to a purge that failed. It has the form of the admin API's errors.
type purgeError struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Hint    string `json:"hint"`
	} `json:"error"`
}

// purgeFailed answers that nothing was purged.
func (n *Node) purgeFailed(x *exchange, status int, reason message.Reason, text, hint string) {
	x.refused(reason)
	n.answerPurgeError(x, status, text, hint)
}

// answerPurgeError answers with a purgeError. Its code is the reason in x.status.
func (n *Node) answerPurgeError(x *exchange, status int, text, hint string) {
	var e purgeError
	e.Error.Code, e.Error.Message, e.Error.Hint = x.status.Reason.String(), text, hint
	n.purgeReply(x, status, e)
}

func (n *Node) purgeReply(x *exchange, status int, answer any) {
	text, err := json.Marshal(answer)
	if err != nil {
		panic("BUG: a purge's answer cannot be encoded: " + err.Error())
	}
	x.head.Begin(status)
	n.dated(x)
	x.head.AddString("Content-Type", "application/json")
	x.head.AddString("Cache-Control", "no-store")
	if status == 405 {
		x.head.AddString("Allow", engine.Allowed)
	}
	text = append(text, '\n')
	p := &x.Reply
	p.Head = &x.head
	p.Body = append(p.Body[:0], text)
	p.Length = int64(len(text))
	n.finish(x)
}

package wire

// Name identifies a field name that brink acts upon. Other is every other name.
type Name uint8

const (
	Other Name = iota
	AcceptEncoding
	AcceptRanges
	Age
	Allow
	Authorization
	BrinkCacheControl
	CacheControl
	CacheGroupInvalidation
	CacheGroups
	CacheStatus
	CacheTag
	CacheTags
	CDNCacheControl
	CDNLoop
	Connection
	ContentEncoding
	ContentLength
	ContentLocation
	ContentRange
	ContentType
	Cookie
	Date
	EarlyData
	ETag
	Expect
	Expires
	Forwarded
	Host
	HTTP2Settings
	IfMatch
	IfModifiedSince
	IfNoneMatch
	IfRange
	IfUnmodifiedSince
	KeepAlive
	LastModified
	Location
	NoVarySearch
	Pragma
	ProxyAuthenticate
	ProxyAuthenticationInfo
	ProxyAuthorization
	ProxyConnection
	ProxyStatus
	PurgeCacheTags
	Range
	RetryAfter
	Server
	SetCookie
	SurrogateControl
	SurrogateKey
	TE
	Traceparent
	Tracestate
	Trailer
	TransferEncoding
	Upgrade
	UserAgent
	Vary
	Via
	WWWAuthenticate
	XCacheTags
	XForwardedFor
	XForwardedHost
	XForwardedProto
	XHTTPMethodOverride
	XKey
	XMagentoTags
	XRealIP
	XRequestID

	nameCount
)

// spellings holds the canonical spelling of each name.
var spellings = [nameCount]string{
	AcceptEncoding:          "Accept-Encoding",
	AcceptRanges:            "Accept-Ranges",
	Age:                     "Age",
	Allow:                   "Allow",
	Authorization:           "Authorization",
	BrinkCacheControl:       "Brink-Cache-Control",
	CacheControl:            "Cache-Control",
	CacheGroupInvalidation:  "Cache-Group-Invalidation",
	CacheGroups:             "Cache-Groups",
	CacheStatus:             "Cache-Status",
	CacheTag:                "Cache-Tag",
	CacheTags:               "Cache-Tags",
	CDNCacheControl:         "CDN-Cache-Control",
	CDNLoop:                 "CDN-Loop",
	Connection:              "Connection",
	ContentEncoding:         "Content-Encoding",
	ContentLength:           "Content-Length",
	ContentLocation:         "Content-Location",
	ContentRange:            "Content-Range",
	ContentType:             "Content-Type",
	Cookie:                  "Cookie",
	Date:                    "Date",
	EarlyData:               "Early-Data",
	ETag:                    "ETag",
	Expect:                  "Expect",
	Expires:                 "Expires",
	Forwarded:               "Forwarded",
	Host:                    "Host",
	HTTP2Settings:           "HTTP2-Settings",
	IfMatch:                 "If-Match",
	IfModifiedSince:         "If-Modified-Since",
	IfNoneMatch:             "If-None-Match",
	IfRange:                 "If-Range",
	IfUnmodifiedSince:       "If-Unmodified-Since",
	KeepAlive:               "Keep-Alive",
	LastModified:            "Last-Modified",
	Location:                "Location",
	NoVarySearch:            "No-Vary-Search",
	Pragma:                  "Pragma",
	ProxyAuthenticate:       "Proxy-Authenticate",
	ProxyAuthenticationInfo: "Proxy-Authentication-Info",
	ProxyAuthorization:      "Proxy-Authorization",
	ProxyConnection:         "Proxy-Connection",
	ProxyStatus:             "Proxy-Status",
	PurgeCacheTags:          "Purge-Cache-Tags",
	Range:                   "Range",
	RetryAfter:              "Retry-After",
	Server:                  "Server",
	SetCookie:               "Set-Cookie",
	SurrogateControl:        "Surrogate-Control",
	SurrogateKey:            "Surrogate-Key",
	TE:                      "TE",
	Traceparent:             "Traceparent",
	Tracestate:              "Tracestate",
	Trailer:                 "Trailer",
	TransferEncoding:        "Transfer-Encoding",
	Upgrade:                 "Upgrade",
	UserAgent:               "User-Agent",
	Vary:                    "Vary",
	Via:                     "Via",
	WWWAuthenticate:         "WWW-Authenticate",
	XCacheTags:              "X-Cache-Tags",
	XForwardedFor:           "X-Forwarded-For",
	XForwardedHost:          "X-Forwarded-Host",
	XForwardedProto:         "X-Forwarded-Proto",
	XHTTPMethodOverride:     "X-HTTP-Method-Override",
	XKey:                    "xkey",
	XMagentoTags:            "X-Magento-Tags",
	XRealIP:                 "X-Real-IP",
	XRequestID:              "X-Request-ID",
}

var spellingBytes = func() (b [nameCount][]byte) {
	for i, s := range spellings {
		b[i] = []byte(s)
	}
	return b
}()

var lowerBytes = func() (b [nameCount][]byte) {
	for i, s := range spellings {
		b[i] = appendLower(nil, []byte(s))
	}
	return b
}()

// String returns the canonical spelling.
func (n Name) String() string { return spellings[n] }

// Bytes returns the canonical spelling; it must not be written to.
func (n Name) Bytes() []byte { return spellingBytes[n] }

// LowerBytes returns the spelling in lower case; it must not be written to.
func (n Name) LowerBytes() []byte { return lowerBytes[n] }

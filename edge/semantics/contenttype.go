package semantics

import (
	"bytes"
	"strings"

	"brink/edge/message"
	"brink/edge/wire"
)

// Many applications answer /account/x.css with the page /account. So if a pattern ends
// in a file extension, as "/**.css" does, the rule's own lifetimes count only for
// content of that kind.

// extensions lists file name extensions with the content types of such files: whole
// types, "image/*" for all that begin so and "*+json" for all that end so. For an
// extension with the type "*" there is nothing to check.
var extensions = []struct{ names, types string }{
	{"css", "text/css"},
	{"js mjs cjs jsx ts tsx", scriptTypes + " text/typescript application/typescript application/x-typescript text/vnd.trolltech.linguist video/*"},
	{"json geojson jsonld webmanifest map har topojson", "application/json text/json application/x-json text/x-json application/json5 *+json text/plain " + scriptTypes},
	{"xml rss atom rdf xsl xslt xsd dtd kml gpx gml wsdl", "application/xml text/xml *+xml application/xml-dtd"},
	{"gif", "image/* video/*"}, // image services turn animations into films
	{"png jpg jpeg jpe jfif webp avif svg svgz ico cur bmp tif tiff apng jxl heic heif jp2", "image/*"},
	{"woff woff2 ttf otf eot ttc pfb", "font/* application/font-* application/x-font-* application/x-woff application/vnd.ms-fontobject application/vnd.ms-opentype application/truetype application/x-truetype-font image/svg+xml"},
	{"mp3 ogg oga opus wav flac m4a aac weba mid midi aif aiff wma amr mp4 m4v m4s webm ogv mov avi mkv mpg mpeg 3gp flv wmv m2ts cmfv cmfa cmft f4v",
		"audio/* video/* application/ogg application/mp4 application/mp3 application/x-matroska application/x-flv"},
	{"m3u8 m3u mpd ism ismc", "application/vnd.apple.mpegurl application/x-mpegurl application/mpegurl application/dash+xml application/vnd.ms-sstr+xml audio/* video/* text/xml application/xml text/plain"},
	{"txt text log md markdown csv tsv vtt srt ass ini conf cfg yaml yml toml sql sh bat properties diff patch pem crt cer crl asc sig sha256 sha512 md5",
		"text/plain text/markdown text/csv text/tab-separated-values text/vtt text/x-* text/yaml text/vnd.* application/*"},
	{"ics ifb vcf vcard", "text/calendar text/vcard text/x-vcard text/directory"},
	{"wasm", "application/wasm"},
	{"pdf ps ai eps epub mobi djvu rtf doc docx dot dotx xls xlsx xlsm ppt pptx pps ppsx odt ods odp odg pages key numbers",
		"application/* text/rtf image/* text/csv"},
	{"zip gz tgz bz2 tbz xz txz zst br 7z rar tar lz lzma jar war ear apk aab ipa deb rpm exe msi dmg pkg iso img bin dat swf whl gem crate nupkg xpi crx cab appx vsix class so dll torrent pbf mvt glb gltf bundle pack idx",
		"application/* model/* audio/* video/* image/*"},
	{"html htm xhtml shtml shtm mht mhtml amp", "text/html application/xhtml+xml multipart/related"},
	{"php phtml php3 php4 php5 php7 php8 asp aspx ashx asmx jsp jspx jsf do action cgi pl py rb cfm", "*"},
}

const scriptTypes = "text/javascript application/javascript application/x-javascript text/x-javascript text/jscript text/ecmascript application/ecmascript application/x-ecmascript text/jsx text/tsx application/node"

// downloads is all that begins so but textTypes, which are answers of programs, too.
const downloads = "application/*"

var textTypes = strings.Fields("application/json application/xml *+json *+xml " + scriptTypes)

var typesOf = func() map[string][]string {
	all := make(map[string][]string)
	for _, e := range extensions {
		for _, name := range strings.Fields(e.names) {
			all[name] = strings.Fields(e.types)
		}
	}
	return all
}()

// mediaType is the type in Content-Type, in lower case and without parameters; ""
// for none, and for several.
func mediaType(f *wire.Fields) string {
	v, ok := only(f, wire.ContentType)
	if !ok {
		return ""
	}
	kind, _, _ := bytes.Cut(v, []byte(";"))
	return strings.ToLower(string(wire.Trim(kind)))
}

// ofExtension reports whether content of a type can be a file with an extension, in
// lower case. Servers send files that they do not know as octet-stream. A file with
// an unknown extension may have any type but those of pages.
func ofExtension(extension, mediaType string) bool {
	types, known := typesOf[extension]
	switch mediaType {
	case "application/octet-stream", "binary/octet-stream":
		return true
	case "":
		return known && types[0] == "*"
	}
	if !known {
		return !listsType(typesOf["html"], mediaType)
	}
	for _, t := range types {
		if matchesType(t, mediaType) && (t != downloads || !listsType(textTypes, mediaType)) {
			return true
		}
	}
	return false
}

func listsType(types []string, mediaType string) bool {
	for _, t := range types {
		if matchesType(t, mediaType) {
			return true
		}
	}
	return false
}

func matchesType(pattern, mediaType string) bool {
	if end, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasSuffix(mediaType, end)
	}
	if start, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(mediaType, start)
	}
	return pattern == mediaType
}

// otherType returns the rules without their own lifetimes if the response is not of the
// kind of the rule's files. Otherwise it returns the rules. The origin's lifetimes count
// in both cases. Errors and redirects may be of any type.
func (rules *Rules) otherType(resp *Response) *Rules {
	if rules.Extension == "" || ofExtension(rules.Extension, mediaType(resp.Fields)) {
		return rules
	}
	switch resp.Status {
	case 200, 203, 206:
	default:
		return rules
	}
	bare := *rules
	bare.TTL, bare.Default, bare.Min, bare.NoHeuristic = nil, nil, nil, true
	return &bare
}

// typeForbids refuses a response that is not of the kind of the rule's files, if the
// origin gives no lifetime. own is the result of otherType.
func typeForbids(resp *Response, p *policy, rules, own *Rules) Refusal {
	if own == rules || hasCacheInformation(resp, p, own) {
		return Refusal{}
	}
	kind := mediaType(resp.Fields)
	if kind == "" {
		kind = "none"
	}
	return Refusal{message.ReasonContentType, kind}
}

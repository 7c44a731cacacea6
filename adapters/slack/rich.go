package slack

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	slackapi "github.com/slack-go/slack"

	"cairn/adapters"
)

type style struct{ bold, italic, code bool }

// run is literal text: Slack parses nothing in it.
func run(t string, st style) *slackapi.RichTextSectionTextElement {
	var s *slackapi.RichTextSectionTextStyle
	if st != (style{}) {
		s = &slackapi.RichTextSectionTextStyle{Bold: st.bold, Italic: st.italic, Code: st.code}
	}
	return slackapi.NewRichTextSectionTextElement(strings.ToValidUTF8(t, "\uFFFD"), s)
}

func link(u, t string) *slackapi.RichTextSectionLinkElement {
	if t == "" {
		t = u
	}
	return slackapi.NewRichTextSectionLinkElement(u, strings.ToValidUTF8(t, "\uFFFD"), nil)
}

// section leaves out empty runs, which Slack refuses.
func section(e ...slackapi.RichTextSectionElement) slackapi.RichTextElement {
	return slackapi.NewRichTextSection(slices.DeleteFunc(e, func(x slackapi.RichTextSectionElement) bool {
		t, ok := x.(*slackapi.RichTextSectionTextElement)
		return ok && t.Text == ""
	})...)
}

func preformatted(t string) slackapi.RichTextElement {
	return &slackapi.RichTextPreformatted{Type: slackapi.RTEPreformatted, Elements: []slackapi.RichTextSectionElement{run(t, style{})}}
}

// mention names the configured group or person: the one mention that goes out.
func mention(id string) slackapi.RichTextSectionElement {
	switch {
	case !isID(id):
		return run("", style{})
	case id[0] == 'U' || id[0] == 'W':
		return slackapi.NewRichTextSectionUserElement(id, nil)
	default:
		return slackapi.NewRichTextSectionUserGroupElement(id)
	}
}

func isID(id string) bool {
	return id != "" && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// runs splits text at backticks: what stands between two is code.
func runs(t string) []slackapi.RichTextSectionElement {
	var out []slackapi.RichTextSectionElement
	for t != "" {
		open := strings.IndexByte(t, '`')
		if open < 0 {
			break
		}
		n := 1
		for open+n < len(t) && t[open+n] == '`' {
			n++
		}
		fence := t[open : open+n]
		end := strings.Index(t[open+n:], fence)
		if end <= 0 {
			break
		}
		if open > 0 {
			out = append(out, run(t[:open], style{}))
		}
		out = append(out, run(t[open+n:open+n+end], style{code: true}))
		t = t[open+n+end+n:]
	}
	if t != "" {
		out = append(out, run(t, style{}))
	}
	return out
}

// linked is runs with the links of the source where their titles or addresses
// stand in the text.
func linked(t string, links []adapters.Link) []slackapi.RichTextSectionElement {
	links = slices.Clone(links)
	if len(links) > 50 {
		links = links[:50]
	}
	var out []slackapi.RichTextSectionElement
	for {
		at, length, which := -1, 0, -1
		for i, l := range links {
			if safeURL(l.URL) == "" {
				continue
			}
			for _, needle := range []string{l.URL, l.Title} {
				if p := strings.Index(t, needle); needle != "" && p >= 0 && (at < 0 || p < at || p == at && len(needle) > length) && !insideCode(t, p) {
					at, length, which = p, len(needle), i
				}
			}
		}
		if which < 0 {
			break
		}
		if at > 0 {
			out = append(out, runs(t[:at])...)
		}
		out = append(out, link(safeURL(links[which].URL), t[at:at+length]))
		t = t[at+length:]
		links = slices.Delete(links, which, which+1)
	}
	return append(out, runs(t)...)
}

func insideCode(t string, at int) bool { return strings.Count(t[:at], "`")%2 == 1 }

// cite marks a run with its source: by a citation element, which Slack shows
// on the spot, by a link where the workspace refuses those, by the number alone
// where there is no address.
func (s *sheet) cite(n int) []slackapi.RichTextSectionElement {
	c := s.cited[n]
	u, label := safeURL(c.URL), cut(oneLine(c.Label), 200)
	switch {
	case u == "":
		return []slackapi.RichTextSectionElement{run(" ["+itoa(n)+"]", style{})}
	case s.level >= noCitations || label == "":
		return []slackapi.RichTextSectionElement{run(" ", style{}), link(u, "["+itoa(n)+"]")}
	}
	web := slackapi.NewRichTextCitationWebDetails(label)
	if len(c.Heading) > 0 {
		title := cut(oneLine(strings.Join(c.Heading, " › ")), 200)
		web.Title = &title
	}
	return []slackapi.RichTextSectionElement{run(" ", style{}), slackapi.NewRichTextSectionCitationElement(u, label, float64(n), web)}
}

func itoa(n int) string {
	if n < 10 && n >= 0 {
		return string(rune('0' + n))
	}
	if n < 0 {
		return "?"
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// safeURL returns the address if it may go out: http or https, to a host that
// others can reach too, without credentials.
func safeURL(s string) string {
	if s == "" || len(s) > 2900 || strings.ContainsAny(s, " <>|\"\n\r\t") {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	host := strings.ToLower(u.Hostname())
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return ""
	}
	if ip, err := netip.ParseAddr(host); err == nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		return ""
	}
	return s
}

// pieces cuts text into runs of at most n characters, at line ends where that
// leaves no tiny piece, else at blanks, never inside a run of code if it fits.
func pieces(t string, n int) []string {
	t = strings.Trim(strings.ToValidUTF8(t, "\uFFFD"), "\n")
	var out []string
	for utf8.RuneCountInString(t) > n {
		limit := byteAt(t, n)
		at := strings.LastIndexByte(t[:limit], '\n')
		skip := 1
		if at < limit/2 {
			at = strings.LastIndexByte(t[:limit], ' ')
		}
		if at < limit/2 {
			at, skip = limit, 0
		}
		if open := strings.LastIndexByte(t[:at], '`'); skip == 1 && t[at] == ' ' && insideCode(t, at) && open > limit/2 {
			at, skip = open, 0
		}
		out = append(out, t[:at])
		t = t[at+skip:]
	}
	if t != "" {
		out = append(out, t)
	}
	return out
}

// commandPieces keeps a command whole as long as Slack takes it.
func commandPieces(t string) []string {
	if t == "" {
		return nil
	}
	if utf8.RuneCountInString(t) <= maxCommand {
		return []string{strings.ToValidUTF8(t, "\uFFFD")}
	}
	var out []string
	for utf8.RuneCountInString(t) > maxCommand {
		limit := byteAt(t, maxCommand)
		if at := strings.LastIndexByte(t[:limit], '\n'); at > 0 {
			limit = at + 1
		}
		out = append(out, strings.ToValidUTF8(t[:limit], "\uFFFD"))
		t = t[limit:]
	}
	return append(out, strings.ToValidUTF8(t, "\uFFFD"))
}

// byteAt returns the byte offset of the n-th character.
func byteAt(t string, n int) int {
	for i := range t {
		if n == 0 {
			return i
		}
		n--
	}
	return len(t)
}

func cut(t string, n int) string {
	if utf8.RuneCountInString(t) <= n {
		return t
	}
	return t[:byteAt(t, n-1)] + "…"
}

// cutEscaped escapes text and cuts it to n characters, never inside an entity.
func cutEscaped(t string, n int) string {
	t = strings.ToValidUTF8(t, "\uFFFD")
	if e := escape(t); utf8.RuneCountInString(e) <= n {
		return e
	}
	var b strings.Builder
	size := 0
	for _, r := range t {
		e := escape(string(r))
		if size += utf8.RuneCountInString(e); size > n-1 {
			break
		}
		b.WriteString(e)
	}
	return b.String() + "…"
}

func oneLine(t string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(t, "\uFFFD")), " ")
}

func sizes(es []slackapi.RichTextElement) int {
	n := 0
	for _, e := range es {
		n += elementSize(e)
	}
	return n
}

// elementSize counts what Slack may count: text and addresses.
func elementSize(e slackapi.RichTextElement) int {
	var parts []slackapi.RichTextSectionElement
	switch x := e.(type) {
	case *slackapi.RichTextSection:
		parts = x.Elements
	case *slackapi.RichTextPreformatted:
		parts = x.Elements
	case *slackapi.RichTextQuote:
		parts = x.Elements
	}
	n := 0
	for _, p := range parts {
		switch x := p.(type) {
		case *slackapi.RichTextSectionTextElement:
			n += utf8.RuneCountInString(x.Text)
		case *slackapi.RichTextSectionLinkElement:
			n += utf8.RuneCountInString(x.Text) + len(x.URL)
		case *slackapi.RichTextSectionCitationElement:
			n += utf8.RuneCountInString(x.Text) + len(x.URL)
			if web, ok := x.Details.(*slackapi.RichTextCitationWebDetails); ok {
				n += utf8.RuneCountInString(web.DisplayName)
				if web.Title != nil {
					n += utf8.RuneCountInString(*web.Title)
				}
			}
		default:
			n += 20
		}
	}
	return n
}

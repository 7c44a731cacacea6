package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"cairn/adapters"
)

// Options are what the page can do without. The zero value is a page on
// 127.0.0.1:8080 without a token.
type Options struct {
	// Listen is the address that the server listens on, for the Host check.
	// Defaults to 127.0.0.1:8080.
	Listen string
	// PublicURL is where people reach the page; may be empty.
	PublicURL string
	// AccessToken is asked for when it is not empty.
	AccessToken adapters.Secret
	// Session is how long a login lasts. Defaults to 30 days.
	Session time.Duration

	// Rate is how many requests a second one client may send, Burst how many
	// at once; a negative Rate means any number. Default to 10 and 40.
	Rate  float64
	Burst int
	// MaxInFlight is how many requests are worked on at a time. Defaults to
	// 256.
	MaxInFlight int
	// MaxBody is the size of a request in bytes. Defaults to 524288.
	MaxBody int64
	// Timeout is the longest that one request may take. Defaults to 30s.
	Timeout time.Duration
	// TrustedProxies are addresses or networks whose X-Forwarded-For tells the
	// client. Defaults to none.
	TrustedProxies []string

	// Titles, Prompts, Status, Unanswered and Feedback add what they give to
	// the page; each may be nil.
	Titles     adapters.Titles
	Prompts    adapters.Prompter
	Status     adapters.Status
	Unanswered adapters.Unanswered
	Feedback   adapters.FeedbackTaker
	// Examples are questions to start from, by language. Defaults to what
	// Prompts suggests, else to titles of the library, else to four common ones.
	Examples map[string][]string
	// Identify ties a browser to a person, for libraries that are limited to
	// some. Defaults to a random id per browser that names nobody.
	Identify func(*http.Request) (adapters.Viewer, bool)
	// Nav are links to further pages, by language.
	Nav map[string][]adapters.Link
}

func (o *Options) withDefaults() (Options, error) {
	var v Options
	if o != nil {
		v = *o
	}
	def(&v.Listen, "127.0.0.1:8080")
	def(&v.Session, 30*24*time.Hour)
	def(&v.Rate, 10)
	def(&v.Burst, 40)
	def(&v.MaxInFlight, 256)
	def(&v.MaxBody, 512<<10)
	def(&v.Timeout, 30*time.Second)
	return v, v.validate()
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

func (o *Options) validate() error {
	var errs []error
	bad := func(name string, got any, want string) {
		errs = append(errs, fmt.Errorf("web.Options.%s: got %v, want %s", name, got, want))
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		bad("Listen", o.Listen, "host:port")
	}
	if o.PublicURL != "" {
		if u, err := url.Parse(o.PublicURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			bad("PublicURL", o.PublicURL, "an http or https address")
		} else if p := u.Path; p != "" && p != "/" {
			bad("PublicURL", o.PublicURL, "an address without a path; the page must stand at the root of its host")
		}
	}
	if o.Burst < 1 {
		bad("Burst", o.Burst, "1 or more")
	}
	if o.MaxInFlight < 1 {
		bad("MaxInFlight", o.MaxInFlight, "1 or more")
	}
	if o.MaxBody < 1024 {
		bad("MaxBody", o.MaxBody, "1024 or more")
	}
	if o.Timeout < 0 {
		bad("Timeout", o.Timeout, "more than 0")
	}
	if o.Session < 0 {
		bad("Session", o.Session, "more than 0")
	}
	if _, err := parseNetworks(o.TrustedProxies); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func parseNetworks(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("web.Options.TrustedProxies: got %q, want an address or a network such as 10.0.0.0/8", s)
		}
		out = append(out, p)
	}
	return out, nil
}

// ErrOpen is returned by [CheckListen].
var ErrOpen = adapters.Both("others could read every document without a token", "没有访问令牌，其他人就能读到所有文档").Err()

// CheckListen refuses an address that is not loopback unless a token is asked
// for or insecure is said. A name is loopback only when it is localhost.
func CheckListen(listen string, token adapters.Secret, insecure bool) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return adapters.Both("listen: got %q, want host:port: %v", "listen：%q 无效，应为 host:port：%v").Err(listen, err)
	}
	if insecure || !token.IsZero() || isLoopback(host) {
		return nil
	}
	return adapters.Both("listening on %s: %v; set access_token (CAIRN_ACCESS_TOKEN), or --insecure if something in front of Cairn checks people, or listen on 127.0.0.1",
		"监听 %s：%v；请设置 access_token（CAIRN_ACCESS_TOKEN），前面有其他服务做身份校验时可加 --insecure，或改为监听 127.0.0.1").Err(listen, ErrOpen)
}

func isLoopback(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.Unmap().IsLoopback()
}

package web_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"cairn/adapters/web"
)

func TestAssets(t *testing.T) {
	t.Parallel()
	s := newWeb(t, &fake{}, func(o *web.Options) { o.AccessToken = token })
	page := do(s, request("GET", "/login", "")).Body.String()
	found := regexp.MustCompile(`/assets/[a-z]+\.[\w-]{12}\.(css|js|svg)`).FindAllString(page, -1)
	if len(found) < 3 {
		t.Fatalf("the page names %q", found)
	}
	for _, a := range found {
		w := do(s, request("GET", a, ""))
		if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Body.Len() == 0 {
			t.Errorf("%s: got %d %v", a, w.Code, w.Header())
		}
		if w2 := do(s, request("GET", a, "", "If-None-Match", w.Header().Get("ETag"))); w2.Code != 304 {
			t.Errorf("%s again: got %d, want 304", a, w2.Code)
		}
		if strings.Contains(w.Body.String(), "://") && !strings.HasSuffix(a, ".svg") {
			t.Errorf("%s names another host", a)
		}
	}
	if w := do(s, request("GET", "/assets/../web.go", "")); w.Code == 200 {
		t.Error("a path leads out of the assets")
	}
}

// TestContrast computes the contrast of the palette's pairs of text and ground
// in both schemes; 4.5 is what small text needs to be read by everybody.
func TestContrast(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("assets/style.css")
	if err != nil {
		t.Fatal(err)
	}
	light, rest, ok := strings.Cut(string(b), "@media screen and (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("there is no dark scheme")
	}
	dark, _, _ := strings.Cut(rest, "*, *::before")
	variable := regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6})`)
	for name, css := range map[string]string{"light": light, "dark": dark} {
		lum := map[string]float64{}
		for _, m := range variable.FindAllStringSubmatch(css, -1) {
			v, err := strconv.ParseUint(m[2], 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			channel := func(shift int) float64 {
				c := float64(v>>shift&0xff) / 255
				if c <= 0.04045 {
					return c / 12.92
				}
				return math.Pow((c+0.055)/1.055, 2.4)
			}
			lum[m[1]] = 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
		}
		for _, pair := range []string{
			"ink bg", "ink card", "soft bg", "soft card", "faint bg", "faint card", "accent bg", "accent card", "accent accent-soft", "accent-ink accent",
			"ink code-bg", "cmd-ink cmd-bg", "cmd-ink cmd-btn", "red bg", "red red-soft", "bg red", "amber bg", "amber amber-soft", "ink amber-soft", "ink mark",
		} {
			fg, bg, _ := strings.Cut(pair, " ")
			a, ok1 := lum[fg]
			b, ok2 := lum[bg]
			if !ok1 || !ok2 {
				t.Errorf("%s: %s is not in the palette", name, pair)
				continue
			}
			if got := (max(a, b) + 0.05) / (min(a, b) + 0.05); got < 4.5 {
				t.Errorf("%s: %s has contrast %.2f, want 4.5", name, pair, got)
			}
		}
	}
}

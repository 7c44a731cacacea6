package web_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"cairn/adapters"
	"cairn/adapters/web"
)

// chromium finds the browser, or skips. With CAIRN_TEST_ALL=1 it must be there.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	if os.Getenv("CAIRN_TEST_ALL") == "1" {
		t.Fatal("chromium is not installed and CAIRN_TEST_ALL=1 asks for all tests")
	}
	t.Skip("chromium is not installed: the page is not tested in a browser (apt-get install chromium)")
	return ""
}

// newBrowser starts one browser; each test opens tabs in it.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("no-first-run", true), chromedp.UserDataDir(t.TempDir()),
		chromedp.WSURLReadTimeout(patience),
	)
	actx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel2 := chromedp.NewContext(actx)
	t.Cleanup(cancel2)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting chromium: %v", err)
	}
	return ctx
}

// patience ends a test that hangs; a browser on a busy machine takes its time.
const patience = 3 * time.Minute

// tab opens a tab that is closed with the test, or when patience is over.
func tab(t *testing.T, parent context.Context, w, h int64) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	ctx, cancel2 := context.WithTimeout(ctx, patience)
	t.Cleanup(cancel2)
	run(t, ctx, chromedp.EmulateViewport(w, h))
	return ctx
}

type step = chromedp.Action[chromedp.Void]

func run(t *testing.T, ctx context.Context, steps ...step) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func visible(css string) step    { return chromedp.WaitVisible(chromedp.CSS(css)) }
func present(css string) step    { return chromedp.WaitReady(chromedp.CSS(css)) }
func gone(css string) step       { return chromedp.WaitNotVisible(chromedp.CSS(css)) }
func click(css string) step      { return chromedp.Click(chromedp.CSS(css)) }
func keys(css, text string) step { return chromedp.SendKeys(chromedp.CSS(css), text) }
func script(js string) step      { return chromedp.Evaluate[chromedp.Void](js) }
func noScript(disabled bool) step {
	return command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: disabled})
}

// command sends a command of the protocol.
func command[P, R any](cmd cdp.Command[P, R], params P) step {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, cmd, params)
		return err
	})
}

// allow gives the page a permission that a person would be asked for.
func allow(t *testing.T, ctx context.Context, origin, name string) {
	t.Helper()
	_, err := chromedp.CallBrowser(ctx, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted, Origin: origin,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func eval[T any](t *testing.T, ctx context.Context, js string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func page(t *testing.T, f *fake) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(newWeb(t, f, nil))
	t.Cleanup(srv.Close)
	return srv
}

// TestBrowser runs everything that needs a real browser in one.
func TestBrowser(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	t.Run("copy gives the exact command", func(t *testing.T) {
		f := &fake{}
		srv := page(t, f)
		ctx := tab(t, b, 1100, 900)
		allow(t, ctx, srv.URL, "clipboard-read")
		allow(t, ctx, srv.URL, "clipboard-write")
		run(t, ctx, chromedp.Navigate(srv.URL+"/ask?q=node"),
			script(fmt.Sprintf(watchDone, 5)),
			click("#step-5 .copy"),
			present("body.saw-done"))
		if got := eval[string](t, ctx, "navigator.clipboard.readText()"); got != drain {
			t.Errorf("the clipboard holds %q, want %q", got, drain)
		}
	})
	t.Run("a citation opens its lines", func(t *testing.T) {
		srv := page(t, &fake{})
		ctx := tab(t, b, 1100, 700)
		run(t, ctx, chromedp.Navigate(srv.URL+"/ask?q=node"),
			click("#step-5 .cite"), visible(".source"))
		checkCited(t, ctx, 26, 30)
	})
	t.Run("a fragment alone highlights and follows", func(t *testing.T) {
		srv := page(t, &fake{})
		ctx := tab(t, b, 1100, 400)
		doc := srv.URL + "/d/builtin/en/kubernetes/node_notready.md"
		run(t, ctx, chromedp.Navigate(doc+"#L40-L42"), visible(".source"))
		checkCited(t, ctx, 40, 42)
		run(t, ctx, script(`location.hash = "#L60"`), present("#L60.cited"))
		checkCited(t, ctx, 60, 60)
	})
	t.Run("without JavaScript", func(t *testing.T) {
		f := &fake{}
		srv := page(t, f)
		ctx := tab(t, b, 1100, 500)
		run(t, ctx, noScript(true), chromedp.Navigate(srv.URL+"/"),
			keys("#q", "redis 内存满了怎么办"),
			click(".ask button"), visible("article.answer .step"))
		html, err := chromedp.Run(ctx, chromedp.OuterHTML(chromedp.CSS("html")))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(html, "redis-cli INFO memory") {
			t.Error("the form's post shows no answer")
		}
		if q := f.asked(); len(q) != 1 || q[0].Text != "redis 内存满了怎么办" || !q[0].Record {
			t.Errorf("asked %+v", q)
		}
		for _, u := range []string{"?lines=60-62#L60", "?lines=60-62", "?lines=60-62#L60-L62"} {
			run(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(srv.URL+"/d/builtin/en/kubernetes/node_notready.md"+u), visible(".source"),
				noScript(false))
			checkCited(t, ctx, 60, 62)
			run(t, ctx, noScript(true))
		}
	})
	t.Run("keyboard", func(t *testing.T) {
		f := &fake{}
		srv := page(t, f)
		ctx := tab(t, b, 1100, 700)
		run(t, ctx, chromedp.Navigate(srv.URL+"/ask?q=node"), visible(".answer"),
			chromedp.KeyEvent("/"))
		if got := eval[string](t, ctx, "document.activeElement.id"); got != "q" {
			t.Fatalf("/ focuses %q, want the question", got)
		}
		// The protocol types the slash that the page's script keeps from the box.
		run(t, ctx, script(`document.getElementById("q").value = ""`), chromedp.KeyEvent("what is a pod\r"), visible(".quote"))
		q := f.asked()
		if got := q[len(q)-1].Text; got != "what is a pod" {
			t.Errorf("Enter asks %q", got)
		}
		// Enter that ends the composition of a Chinese word asks nothing, and
		// Shift+Enter is a new line.
		before := len(f.asked())
		prevented := eval[[]bool](t, ctx, `["isComposing", "shiftKey", "none"].map(k => {
			const form = document.querySelector(".ask");
			form.requestSubmit = () => {};
			return !document.getElementById("q").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", [k]: true, bubbles: true, cancelable: true}));
		})`)
		if len(prevented) != 3 || prevented[0] || prevented[1] || !prevented[2] || len(f.asked()) != before {
			t.Errorf("Enter while composing, with Shift, alone is taken: %v", prevented)
		}
		// The first Tab reaches the skip link.
		run(t, ctx, chromedp.Navigate(srv.URL+"/ask?q=node"), visible(".answer"), chromedp.KeyEvent("\t"))
		if got := eval[string](t, ctx, "document.activeElement.className"); got != "skip" {
			t.Errorf("Tab focuses %q, want the skip link", got)
		}
	})
	t.Run("recent questions are this browser's own", func(t *testing.T) {
		srv := page(t, &fake{})
		ctx := tab(t, b, 1100, 700)
		run(t, ctx, chromedp.Navigate(srv.URL+"/ask?q=first"), visible(".answer"),
			chromedp.Navigate(srv.URL+"/ask?q=second+%3Cb%3E"), visible(".answer"),
			chromedp.Navigate(srv.URL+"/"), visible("#recent button[name=q]"))
		got := eval[[]string](t, ctx, `[...document.querySelectorAll("#recent .recent button")].map(b => b.textContent)`)
		if strings.Join(got, "|") != "second <b>|first" {
			t.Errorf("recent: %q", got)
		}
		run(t, ctx, click("#clear-recent"), gone("#recent"))
	})
	t.Run("feedback", func(t *testing.T) {
		f := &fake{}
		srv := page(t, f)
		ctx := tab(t, b, 1100, 900)
		run(t, ctx, chromedp.Navigate(srv.URL+"/ask?q=node"), click(".feedback button[value=down]"),
			visible(`.feedback button[value=down][aria-pressed=true]`),
			click(".feedback button[value=up]"),
			visible(`.feedback button[value=up][aria-pressed=true]`))
		f.mu.Lock()
		defer f.mu.Unlock()
		if len(f.feedback) != 1 {
			t.Errorf("one person's two verdicts are %d: %v", len(f.feedback), f.feedback)
		}
		for _, helpful := range f.feedback {
			if !helpful {
				t.Error("the second verdict does not count")
			}
		}
	})
	t.Run("phone width has no sideways scrolling", func(t *testing.T) {
		srv := page(t, &fake{})
		ctx := tab(t, b, 360, 740)
		for _, path := range []string{"/", "/ask?q=long", "/ask?q=redis", "/ask?q=pod", "/ask?q=weather", "/ask?q=candidates", "/ask?q=hostile", "/ask?q=broken",
			"/ask?q=rollout", "/d/builtin/en/kubernetes/node_notready.md?lines=26-30#L26", "/d/builtin/one%20line.md?lines=1-1&columns=601-609", "/d/builtin/hostile.md", "/browse", "/browse/kubernetes", "/nothing"} {
			for _, width := range []int64{360, 320} {
				run(t, ctx, chromedp.EmulateViewport(width, 740), chromedp.Navigate(srv.URL+path), visible("main"))
				if got := eval[int64](t, ctx, "document.documentElement.scrollWidth"); got > width {
					t.Errorf("%s is %d wide, want at most %d", path, got, width)
				}
			}
		}
	})
	t.Run("commands break at blanks only", func(t *testing.T) {
		srv := page(t, &fake{})
		for _, c := range []struct {
			name, scheme, media string
			width               int64
		}{{"phone", "light", "", 390}, {"phone in the dark", "dark", "", 390}, {"small phone", "dark", "", 320}, {"laptop", "light", "", 1280}, {"paper", "light", "print", 720}} {
			ctx := tab(t, b, c.width, 844)
			run(t, ctx, command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: c.media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: c.scheme}}}))
			for _, path := range []string{"/ask?q=rollout", "/ask?q=node", "/d/builtin/en/kubernetes/node_notready.md"} {
				run(t, ctx, chromedp.Navigate(srv.URL+path), visible("main"))
				if got := eval[[]string](t, ctx, brokenWords); len(got) > 0 {
					t.Errorf("%s, %s: broken inside a word: %q", c.name, path, got)
				}
			}
			if c.name != "small phone" {
				continue
			}
			run(t, ctx, chromedp.Navigate(srv.URL+"/ask?q=rollout"), visible("main"), chromedp.EmulateViewport(568, 320))
			if got := eval[[]string](t, ctx, brokenWords); len(got) > 0 {
				t.Errorf("turned on its side: broken inside a word: %q", got)
			}
		}
	})
	t.Run("the script keeps words whole and changes no text", func(t *testing.T) {
		srv := page(t, &fake{})
		ctx := tab(t, b, 390, 844)
		for _, path := range []string{"/ask?q=rollout", "/ask?q=pod", "/ask?q=weather", "/ask?q=hostile", "/d/builtin/en/kubernetes/node_notready.md?lines=26-30#L26",
			"/d/builtin/one%20line.md?lines=1-1&columns=601-609", "/d/builtin/hostile.md", "/browse/kubernetes"} {
			run(t, ctx, chromedp.Navigate(srv.URL+path), visible("main"))
			if got := eval[[]string](t, ctx, asSent); len(got) > 0 {
				t.Errorf("%s: %q", path, got)
			}
		}
	})
	t.Run("what a model adds keeps its words whole", func(t *testing.T) {
		first, last := make(chan struct{}), make(chan struct{})
		g := &grower{}
		g.fake.ask = func(context.Context, adapters.Question) (adapters.Reply, error) {
			return adapters.Reply{Message: rolloutEN(), Grows: true}, nil
		}
		g.carryOn = func(ctx context.Context, _ adapters.Viewer, _ string, each func(adapters.Reply)) (adapters.Reply, error) {
			m := rolloutEN()
			m.Steps = append(m.Steps, adapters.Step{N: 2, Section: "Added", Text: "Look with `kubectl rollout history deploy/payments-api --revision=2`.", Citation: 1,
				Commands: []adapters.Command{{Text: added}}})
			for n, wait := range []chan struct{}{first, last} {
				m.Notes = []string{fmt.Sprintf("Part %d: `kubectl get pods --selector=app=payments-api --field-selector=status.phase!=Running`.", n+1)}
				each(adapters.Reply{Message: m})
				select {
				case <-wait:
				case <-ctx.Done():
				}
			}
			return adapters.Reply{Message: m}, nil
		}
		srv := httptest.NewServer(newGrowing(t, g, nil))
		t.Cleanup(srv.Close)
		ctx := tab(t, b, 390, 844)
		allow(t, ctx, srv.URL, "clipboard-read")
		allow(t, ctx, srv.URL, "clipboard-write")
		run(t, ctx, chromedp.Navigate(srv.URL+"/ask?q=rollout"))
		for n, next := range []chan struct{}{first, last, nil} {
			run(t, ctx, chromedp.Poll[chromedp.Void](fmt.Sprintf(`document.querySelector("#grown .note")?.textContent.includes("Part %d") && document.querySelector(".growing").hidden === %t`, min(n+1, 2), next == nil)))
			if got := eval[[]string](t, ctx, brokenWords); len(got) > 0 {
				t.Errorf("after %d: broken inside a word: %q", n, got)
			}
			if next != nil {
				close(next)
			}
		}
		run(t, ctx, script(fmt.Sprintf(watchDone, 2)), click("#step-2 .copy"), present("body.saw-done"))
		if got := eval[string](t, ctx, "navigator.clipboard.readText()"); got != added {
			t.Errorf("the clipboard holds %q, want %q", got, added)
		}
	})
	t.Run("without JavaScript commands break where they must", func(t *testing.T) {
		srv := page(t, &fake{})
		ctx := tab(t, b, 320, 844)
		run(t, ctx, noScript(true), chromedp.Navigate(srv.URL+"/ask?q=rollout"), visible("main"), noScript(false))
		if got := eval[int](t, ctx, `[...document.querySelectorAll(".command pre")].filter(p => p.scrollWidth > p.clientWidth).length`); got > 0 {
			t.Errorf("%d commands are wider than the page", got)
		}
		if got := eval[[]string](t, ctx, brokenWords); len(got) == 0 {
			t.Error("no word is broken: the other tests would find nothing without the script")
		}
	})
	t.Run("the end of a command is in sight, on every screen and on paper", func(t *testing.T) {
		srv := page(t, &fake{})
		ctx := tab(t, b, 390, 844)
		run(t, ctx, chromedp.Navigate(srv.URL+"/ask?q=rollout"), present(".command .long"))
		// Nothing reaches beyond its box, and a word wider than that begins a line.
		const cut = `[...document.querySelectorAll(".command pre, .command .long")].filter(e => e.scrollWidth > Math.ceil(e.getBoundingClientRect().width) || e.getBoundingClientRect().right > e.closest("pre").getBoundingClientRect().right).map(e => e.textContent)`
		for _, width := range []int64{320, 390, 720, 1280} {
			run(t, ctx, chromedp.EmulateViewport(width, 844))
			if got := eval[[]string](t, ctx, cut); len(got) > 0 {
				t.Errorf("at %d pixels cut off: %q", width, got)
			}
		}
		run(t, ctx, chromedp.EmulateViewport(720, 1000), command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: "print", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
		}))
		if got := eval[int](t, ctx, `[...document.querySelectorAll(".command pre")].filter(p => p.scrollWidth > p.clientWidth).length`); got > 0 {
			t.Errorf("%d commands are cut off on paper", got)
		}
		if got := eval[string](t, ctx, `getComputedStyle(document.querySelector(".expect")).color`); got != "rgb(91, 99, 109)" {
			t.Errorf("who reads in the dark prints what is expected in %s, want the ink of the light scheme", got)
		}
	})
	t.Run("a long question leaves room for its answer", func(t *testing.T) {
		srv := page(t, &fake{})
		ctx := tab(t, b, 390, 844)
		run(t, ctx, chromedp.Navigate(srv.URL+"/ask?q="+strings.Repeat("2026-11-29+ERROR+node+NotReady%0A", 40)), visible(".answer"))
		if got := eval[float64](t, ctx, `document.querySelector(".answer").getBoundingClientRect().top`); got > 844*0.35 {
			t.Errorf("the answer begins at %.0f px of 844", got)
		}
	})
	t.Run("what went wrong is a badge at every width", func(t *testing.T) {
		srv := page(t, &fake{})
		for _, width := range []int64{390, 1280} {
			ctx := tab(t, b, width, 844)
			run(t, ctx, chromedp.Navigate(srv.URL+"/nothing"), visible("h1.state"))
			if got := eval[float64](t, ctx, `parseFloat(getComputedStyle(document.querySelector("h1.state")).fontSize)`); got > 14 {
				t.Errorf("at %d: letters of %.1f px, want those of a badge", width, got)
			}
		}
	})
	t.Run("on a phone the button stands beside a short command and below a long one", func(t *testing.T) {
		srv := page(t, &fake{})
		ctx := tab(t, b, 390, 844)
		run(t, ctx, chromedp.Navigate(srv.URL+"/ask?q=short"), visible(".copy"))
		boxes := eval[[][3]float64](t, ctx, `[...document.querySelectorAll(".command")].map(c => {
			const code = [...c.querySelector("code").getClientRects()], box = c.getBoundingClientRect(), copy = c.querySelector(".copy").getBoundingClientRect()
			const lines = new Set(code.map(r => Math.round(r.top)))
			return [lines.size, box.height / code[0].height, copy.top - code[code.length-1].bottom]
		})`)
		if len(boxes) != 2 || boxes[0][0] != 1 || boxes[1][0] < 2 {
			t.Fatalf("commands of %v lines, want one of one line and one of more", boxes)
		}
		if boxes[0][1] > 3 {
			t.Errorf("a command of one line is %.1f lines high, want at most 3", boxes[0][1])
		}
		if boxes[1][2] < 0 {
			t.Errorf("the button reaches %.0f px into a command that fills its lines", -boxes[1][2])
		}
	})
	t.Run("a hostile document does nothing", func(t *testing.T) {
		srv := page(t, &fake{})
		ctx := tab(t, b, 1100, 900)
		var foreign []string
		var mu sync.Mutex
		if err := chromedp.Listen(ctx, func(ev any) {
			if e, ok := ev.(*network.EventRequestWillBeSent); ok && !strings.HasPrefix(e.Request.URL, srv.URL) && !strings.HasPrefix(e.Request.URL, "about:") {
				mu.Lock()
				defer mu.Unlock()
				foreign = append(foreign, e.Request.URL)
			}
		}); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/ask?q=hostile", "/d/builtin/hostile.md", "/ask?q=" + "%3Cscript%3Edocument.title%3D%27owned%27%3C%2Fscript%3E"} {
			run(t, ctx, chromedp.Navigate(srv.URL+path), visible("main"),
				script(`for (const e of document.querySelectorAll("main a, main .copy")) { if (e.tagName === "BUTTON" || (e.getAttribute("href")||"").startsWith("#")) e.click() }`))
			got := eval[[]string](t, ctx, `[
				document.title.startsWith("owned") ? "title" : "",
				document.querySelectorAll("main script, main svg, main iframe, main [onerror], main [onload], main img[src=x]").length ? "elements" : "",
				...[...document.querySelectorAll("a[href]")].map(a => a.protocol).filter(p => p !== "http:" && p !== "https:"),
				...[...document.querySelectorAll("a[href]")].map(a => a.host).filter(h => h.includes("evil")),
			].filter(Boolean)`)
			if len(got) > 0 {
				t.Errorf("%s: %q", path, got)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if len(foreign) > 0 {
			t.Errorf("requests went out: %q", foreign)
		}
	})
	t.Run("nothing breaks the content security policy", func(t *testing.T) {
		srv := page(t, &fake{})
		ctx := tab(t, b, 1100, 900)
		for _, path := range []string{"/", "/ask?q=node", "/d/builtin/en/kubernetes/node_notready.md?lines=26-30#L26", "/nothing"} {
			cctx, stop := context.WithCancel(ctx)
			messages := chromedp.Console(cctx)
			run(t, ctx, chromedp.Navigate(srv.URL+path), visible("main"), script(`console.log("end of the page")`))
			for m := range messages {
				if m.Text == "end of the page" {
					break
				}
				if !strings.Contains(m.Text, "404") && m.Type != chromedp.ConsoleInfo {
					t.Errorf("%s: %v", path, m)
				}
			}
			stop()
			if got := eval[string](t, ctx, `getComputedStyle(document.body).marginTop`); got != "0px" {
				t.Errorf("%s: the style sheet is not applied", path)
			}
		}
	})
	t.Run("log in", func(t *testing.T) {
		srv := httptest.NewServer(newWeb(t, &fake{}, func(o *web.Options) { o.AccessToken = token }))
		t.Cleanup(srv.Close)
		ctx := tab(t, b, 1100, 900)
		run(t, ctx, chromedp.Navigate(srv.URL+"/ask?q=redis"), visible("#token"),
			keys("#token", "wrong-wrong-wrong\r"), visible("#problem"),
			keys("#token", token.Reveal()+"\r"), visible(".step"))
		if got := eval[string](t, ctx, "location.search + document.cookie"); got != "?q=redis" {
			t.Errorf("after the login: %q, want the question's page and no cookie in reach of scripts", got)
		}
	})
}

// added is a command that breaks at hyphens where nothing keeps it whole.
const added = "kubectl -n payments-production rollout history deploy/payments-api --revision=2 --output=jsonpath='{.spec}'"

// brokenWords lists the words of commands, inline code and documents that a
// line ends in. A word of a command that no line holds may break, and outside
// commands one that no phone holds.
const brokenWords = `(() => {
	const broken = [];
	for (const code of document.querySelectorAll(".command code, p code, .line code")) {
		const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT), range = document.createRange();
		const pre = code.closest(".command pre"), style = pre && getComputedStyle(pre);
		let word = "", wide = 0, top = null, split = false;
		const end = () => {
			// What no line holds has to break; a line's own beginning is hung by two characters.
			const room = pre ? pre.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 2 * wide / word.length : 0;
			const free = pre ? wide > room : word.length > 28;
			if (split && !free) broken.push(word);
			word = ""; wide = 0; top = null; split = false;
		};
		for (let n; n = walker.nextNode();) {
			for (let i = 0; i < n.data.length; i++) {
				if (/\s/.test(n.data[i])) { end(); continue; }
				range.setStart(n, i); range.setEnd(n, i + 1);
				const r = range.getBoundingClientRect();
				if (top !== null && r.top > top + r.height / 2) split = true;
				top = r.top; wide += r.width; word += n.data[i];
			}
		}
		end();
	}
	return broken;
})()`

// watchDone marks the body once a step's button has said that it copied, which
// it says for a moment only: a busy machine may miss it.
const watchDone = `new MutationObserver(() => { if (document.querySelector("#step-%[1]d .copy.done")) document.body.classList.add("saw-done") })
	.observe(document.querySelector("#step-%[1]d .copy"), {attributes: true})`

// asSent lists how the page's text differs from what the server sent, and what
// happens to the page where its script runs once more.
const asSent = `(async () => {
	const wrong = [], html = await (await fetch(location.href)).text();
	if (/<span class="w/.test(html)) wrong.push("the server sends spans around words");
	const sent = new DOMParser().parseFromString(html, "text/html"), css = "main code, main blockquote, main .label, main .detail";
	const now = [...document.querySelectorAll(css)].map(e => e.textContent), then = [...sent.querySelectorAll(css)].map(e => e.textContent);
	if (now.length !== then.length) wrong.push(now.length + " texts, sent are " + then.length);
	now.forEach((text, i) => { if (text !== then[i]) wrong.push(text + " was sent as " + then[i]); });
	const kept = () => [...document.querySelectorAll(css)].map(e => e.innerHTML).join("\n"), once = kept();
	await new Promise(done => {
		const again = document.createElement("script");
		again.src = document.querySelector("script[src*=app]").src;
		again.onload = done;
		document.head.append(again);
	});
	if (kept() !== once) wrong.push("a second run changes the page");
	return wrong;
})()`

// checkCited checks that exactly these lines are highlighted and on screen.
func checkCited(t *testing.T, ctx context.Context, from, to int) {
	t.Helper()
	type state struct {
		Lines []int
		Top   float64
		H     float64
		Color bool
	}
	look := func() state {
		return eval[state](t, ctx, `(() => {
		const c = [...document.querySelectorAll(".line.cited")];
		const plain = document.querySelector(".line:not(.cited)");
		return {lines: c.map(l => Number(l.id.slice(1))), top: c.length ? c[0].getBoundingClientRect().top : -1, h: innerHeight,
			color: c.length > 0 && getComputedStyle(c[0]).backgroundColor !== getComputedStyle(plain).backgroundColor};
	})()`)
	}
	got := look()
	// The browser scrolls to a fragment some time after it has laid out the page.
	deadline, again := time.After(patience/3), time.NewTicker(20*time.Millisecond)
	defer again.Stop()
	for waiting := true; waiting && (got.Top < 0 || got.Top > got.H); {
		select {
		case <-again.C:
			got = look()
		case <-deadline:
			waiting = false
		}
	}
	if len(got.Lines) != to-from+1 || got.Lines[0] != from || got.Lines[len(got.Lines)-1] != to {
		t.Errorf("highlighted: %v, want %d to %d", got.Lines, from, to)
	}
	if !got.Color {
		t.Error("the cited lines look like the others")
	}
	if got.Top < 0 || got.Top > got.H {
		t.Errorf("the cited lines are not on screen: top %v of %v", got.Top, got.H)
	}
}

// TestScreenshots writes pictures to look at into the directory that
// CAIRN_TEST_SHOTS names, of the fake or of the server that
// CAIRN_TEST_SHOTS_URL names.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("CAIRN_TEST_SHOTS")
	if dir == "" {
		t.Log("CAIRN_TEST_SHOTS names no directory for screenshots")
		return
	}
	b := newBrowser(t)
	base := os.Getenv("CAIRN_TEST_SHOTS_URL")
	if base == "" {
		base = page(t, &fake{}).URL
	}
	locked := httptest.NewServer(newWeb(t, &fake{}, func(o *web.Options) { o.AccessToken = token }))
	t.Cleanup(locked.Close)
	for _, c := range []struct {
		name, path, scheme string
		w, h               int64
		full               bool
	}{
		{"home_en_light", "/?lang=en", "light", 1200, 900, false},
		{"home_zh_dark", "/?lang=zh", "dark", 1200, 900, false},
		{"home_zh_phone", "/?lang=zh", "light", 390, 844, true},
		{"answer_en_light", "/ask?q=node&lang=en", "light", 1200, 900, true},
		{"answer_en_dark", "/ask?q=node&lang=en", "dark", 1200, 900, true},
		{"answer_en_phone", "/ask?q=node&lang=en", "light", 390, 844, true},
		{"answer_zh_light", "/ask?q=redis&lang=zh", "light", 1200, 900, true},
		{"answer_zh_phone_dark", "/ask?q=redis&lang=zh", "dark", 390, 844, true},
		{"concept_light", "/ask?q=pod&lang=en", "light", 1200, 700, false},
		{"abstain_light", "/ask?q=weather&lang=en", "light", 1200, 700, false},
		{"candidates_dark", "/ask?q=candidates&lang=zh", "dark", 1200, 700, false},
		{"document_light", "/d/builtin/en/kubernetes/node_notready.md?lines=26-30&lang=en#L26", "light", 1200, 900, false},
		{"document_dark_phone", "/d/builtin/en/kubernetes/node_notready.md?lines=26-30&lang=en#L26", "dark", 390, 844, false},
		{"document_columns", "/d/builtin/one%20line.md?lines=1-1&columns=601-609&lang=zh", "light", 1200, 700, false},
		{"hostile", "/ask?q=hostile&lang=en", "light", 1200, 900, true},
		{"unsure_light", "/ask?q=unsure&lang=en", "light", 1200, 700, false},
		{"hostile_phone", "/ask?q=hostile&lang=en", "light", 360, 740, true},
		{"long_phone", "/ask?q=long&lang=en", "light", 360, 740, false},
		{"error", "/nothing?lang=zh", "light", 1200, 500, false},
		{"login_en_light", "/?lang=en", "light", 1200, 800, false},
		{"login_zh_dark", "/login?lang=zh", "dark", 390, 800, false},
		{"real_document", "/d/builtin/en/web/http-502.md?lines=42-47#L42", "light", 1200, 900, false},
		{"real_fix", "/ask?q=" + "http+502+response+headers+larger+than+the+proxy+buffer&lang=en", "dark", 1200, 900, true},
	} {
		ctx := tab(t, b, c.w, c.h)
		at := base
		if strings.HasPrefix(c.name, "login") {
			at = locked.URL
		}
		shot := chromedp.CaptureScreenshot()
		if c.full {
			shot = chromedp.FullScreenshot(100)
		}
		run(t, ctx, command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: c.scheme}}}),
			chromedp.Navigate(at+c.path), visible("main"))
		if strings.HasPrefix(c.name, "login") {
			run(t, ctx, keys("#token", "wrong-token-wrong\r"), visible("#problem"))
		}
		png, err := chromedp.Run(ctx, shot)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, c.name+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

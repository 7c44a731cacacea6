package mask

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var marked = regexp.MustCompile(`(?s)⟦([A-Z]+):(.*?)⟧`)

// In the files of testdata ⟦KIND:…⟧ stands around what must be hidden; all
// else must stay. A file whose name begins with "lines" holds a case in every
// line.
func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	n := 0
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range txtar.Parse(raw).Files {
			cases := []string{strings.TrimSuffix(string(f.Data), "\n")}
			if strings.HasPrefix(f.Name, "lines") {
				cases = strings.Split(cases[0], "\n")
			}
			for i, want := range cases {
				n++
				if got := mark(marked.ReplaceAllString(want, "$2")); got != want {
					t.Errorf("%s, %s, case %d (-want +got):\n-%s\n+%s", name, f.Name, i+1, want, got)
				}
			}
		}
	}
	t.Logf("%d cases", n)
}

// mark shows what is hidden in a text.
func mark(text string) string {
	return replace(text, merge(find(text)), func(v string, k Kind) string { return "⟦" + string(k) + ":" + v + "⟧" })
}

func TestSameValueSamePlaceholder(t *testing.T) {
	t.Parallel()
	m := newMasker("abcdefgh")
	got := m.Mask("password=Tr0ub4dor and PGPASSWORD=Tr0ub4dor; token: glpat-abcdefABCDEF12345678") + "\n" + m.Mask("it said Tr0ub4dor again, for li.lei@corp.cn")
	want := "password=MASKED_PASSWORD_1_abcdefgh and PGPASSWORD=MASKED_PASSWORD_1_abcdefgh; token: MASKED_TOKEN_2_abcdefgh\nit said MASKED_PASSWORD_1_abcdefgh again, for MASKED_EMAIL_3_abcdefgh"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("masked (-want +got):\n%s", diff)
	}
	if got, want := Count(got), map[Kind]int{Password: 1, Token: 1, Email: 1}; !cmp.Equal(got, want) {
		t.Errorf("Count: got %v, want %v", got, want)
	}
}

// Models change case, escape and quote; what is no placeholder of this call
// stays.
func TestRestore(t *testing.T) {
	t.Parallel()
	m := newMasker("abcdefgh")
	m.Mask("mysql -uroot -pS3cret! and mail zhang.wei@corp.cn")
	for in, want := range map[string]string{
		"use MASKED_PASSWORD_1_abcdefgh.":            "use S3cret!.",
		"`MASKED_PASSWORD_1_abcdefgh`":               "`S3cret!`",
		"masked_password_1_ABCDEFGH":                 "S3cret!",
		`MASKED\_PASSWORD\_1\_abcdefgh`:              "S3cret!",
		"密码MASKED_PASSWORD_1_abcdefgh是":              "密码S3cret!是",
		"MASKED_PASSWORD_1_abcdefgh22":               "S3cret!22",
		"MASKED_EMAIL_2_abcdefgh":                    "zhang.wei@corp.cn",
		"MASKED_EMAIL_1_abcdefgh":                    "MASKED_EMAIL_1_abcdefgh",     // another kind
		"MASKED_PASSWORD_3_abcdefgh":                 "MASKED_PASSWORD_3_abcdefgh",  // never made
		"MASKED_PASSWORD_01_abcdefgh":                "MASKED_PASSWORD_01_abcdefgh", // not as made
		"MASKED_PASSWORD_1_abcdefgi":                 "MASKED_PASSWORD_1_abcdefgi",  // another call's
		"MASKED_PASSWORD_1":                          "MASKED_PASSWORD_1",           // cut
		"MASKED_PASSWORD_999999_abcdefgh":            "MASKED_PASSWORD_999999_abcdefgh",
		"MASKED_PASSWORD_MASKED_PASSWORD_1_abcdefgh": "MASKED_PASSWORD_S3cret!",
	} {
		if got := m.Restore(in); got != want {
			t.Errorf("Restore(%q) = %q, want %q", in, got, want)
		}
	}
	if got, want := m.Values("MASKED_EMAIL_2_abcdefgh MASKED_EMAIL_2_ABCDEFGH MASKED_EMAIL_9_abcdefgh"), []string{"zhang.wei@corp.cn"}; !cmp.Equal(got, want) {
		t.Errorf("Values: got %q, want %q", got, want)
	}
}

// A placeholder in a document, even one that guessed right, is hidden itself
// and comes back as it was.
func TestPlaceholdersCannotBeForged(t *testing.T) {
	t.Parallel()
	m := newMasker("abcdefgh")
	text := "say MASKED_PASSWORD_1_abcdefgh and abcdEFGH and MASKED_TOKEN_2_zzzzzzzz; password=Geh3im99"
	masked := m.Mask(text)
	if strings.Count(masked, "abcdefgh") != 4 || strings.Contains(masked, "Geh3im99") || strings.Contains(masked, "zzzzzzzz") {
		t.Errorf("masked: %s", masked)
	}
	if got := m.Restore(masked); got != text {
		t.Errorf("restored: %s", got)
	}
	if a, b := New(), New(); a.nonce == b.nonce {
		t.Errorf("two calls share the nonce %s", a.nonce)
	}
}

func TestRedactIsStable(t *testing.T) {
	t.Parallel()
	const text = "ALTER USER app IDENTIFIED BY 'Xk9-2pQ'; later Xk9-2pQ, then 202.96.128.86"
	want := "ALTER USER app IDENTIFIED BY 'MASKED_PASSWORD'; later MASKED_PASSWORD, then MASKED_ADDRESS"
	for range 3 {
		if got := Redact(text); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := Redact(want); got != strings.ReplaceAll(strings.ReplaceAll(want, "MASKED_PASSWORD", "MASKED_TEXT"), "MASKED_ADDRESS", "MASKED_TEXT") {
		t.Errorf("what looks like a placeholder: %s", got)
	}
}

// A secret that was cut by a bound on what is sent is still hidden.
func TestCutSecrets(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{
		"ghp_" + strings.Repeat("aB3d", 9), "sk-proj-" + strings.Repeat("aB3d_", 12), "xoxb-12345678901-" + strings.Repeat("aB3d", 6),
		"glpat-" + strings.Repeat("aB3d", 5), "AKIA" + strings.Repeat("QR7X", 4), "npm_" + strings.Repeat("aB3d", 9),
	} {
		for n := 16; n <= len(secret); n++ {
			if got := Redact("look: " + secret[:n]); strings.Contains(got, secret[:n]) {
				t.Errorf("%s cut to %d characters stays: %s", secret, n, got)
			}
		}
	}
	key := "-----BEGIN RSA PRIVATE KEY-----\n" + strings.Repeat("MIIEowIBAAKCAQEA7k3bX9mQ0pLr5sTu8vWx2yZa4cDe6fGhiJkLmNoPqRsTuVwX\n", 8) + "-----END RSA PRIVATE KEY-----"
	for n := 60; n < len(key); n += 7 {
		if got := Redact("key:\n" + key[:n]); strings.Contains(got, "MIIEowIB") {
			t.Errorf("a key cut to %d characters stays: %s", n, got)
		}
		if got := Redact(key[n:] + "\nthe end"); n < len(key)-120 && (strings.Contains(got, "7k3bX9mQ0pLr5sTu8vWx2yZa4cDe6fGhiJ") || !strings.Contains(got, "the end")) {
			t.Errorf("a key from character %d on stays: %s", n, got)
		}
	}
}

// hostile are texts that make careless patterns slow.
func hostile(n int) map[string]string {
	out := map[string]string{}
	for _, unit := range []string{
		"password=", "password:password:", "a@a.", "a@", "1", "1 ", "1-", "1.1.1.1", "::", "a:", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----\n", "AAAA", "A1b2C3d4", "\\n", "eyJ", "eyJhbGciOi.", "sk-", "MASKED_", "MASKED_KEY_1_",
		"mysql -p", "mysql ' -p", "curl -u a:b ", "://", "a://b:c@", "cookie: a=b;", "token is ", "密码是", "<@U12345678>", "@bob ", "arn:aws:iam::", "i-0", "name: PASSWORD\nvalue: ", "echo a | chpasswd ", "AbC1dEf2GhI3jKl4MnO5pQr6StU7vWx8YzA9bCd0EfG1hIj2KlM3nOp4QrS5", "MIIEowIBAAKCAQEA7k3bX9mQ0pLr5sTu8vWx2yZa4cDe6fGhiJkLmNoPqRsTuVwX\n", "\\\n", "'", "\"", "<password>", "&", "abcdefgh",
	} {
		out[unit] = strings.Repeat(unit, n/len(unit)+1)
	}
	return out
}

// Eight times the text takes about eight times the time, whatever it is made
// of. Other work on the machine can make one measurement wrong, not five.
func TestHostileTextsTakeLinearTime(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	const n = 2 << 10
	small, large := hostile(n), hostile(8*n)
	for unit := range small {
		var short, long time.Duration
		for range 5 {
			short = best(func() { // as long as the other, so that the machine slows both alike
				for range 8 {
					Redact(small[unit])
				}
			})
			long = best(func() { Redact(large[unit]) })
			if long <= 3*short || long <= 500*time.Millisecond {
				break
			}
		}
		if long > 3*short && long > 500*time.Millisecond {
			t.Errorf("%q: %v for %d bytes, %v for eight times as many", unit, short/8, n, long)
		}
	}
}

func best(f func()) time.Duration {
	least := time.Hour
	for range 3 {
		start := time.Now()
		f()
		least = min(least, time.Since(start))
	}
	return least
}

func FuzzRestore(f *testing.F) {
	for _, text := range hostile(200) {
		f.Add(text)
	}
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, a := range txtar.Parse(raw).Files {
			f.Add(marked.ReplaceAllString(string(a.Data), "$2"))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		defer func() {
			if took := time.Since(start); took > 30*time.Second && len(text) < 16<<10 {
				t.Errorf("%v for %d bytes", took, len(text))
			}
		}()
		m := newMasker("abcdefgh")
		masked := m.Mask(text)
		if got := m.Restore(masked); got != text {
			t.Errorf("Restore(Mask(%q)) = %q by way of %q", text, got, masked)
		}
		if again := m.Restore(m.Mask(text)); again != text {
			t.Errorf("the second time: %q", again)
		}
		if a, b := Redact(text), Redact(text); a != b {
			t.Errorf("Redact gives %q and %q", a, b)
		}
		Count(masked)
	})
}

func BenchmarkMask(b *testing.B) {
	text := strings.Repeat("kubectl -n shop get pods -o wide\nThe pod web-6d4cf56db6-x7k2p at 10.2.3.4 says password=Tr0ub4dor, 请联系 @zhangsan 处理。\n", 120)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		New().Mask(text)
	}
}

func ExampleMasker() {
	m := newMasker("k3x9m2qa") // New outside tests
	sent := m.Mask("mysql -uroot -pS3cret! fails")
	fmt.Println(sent)
	fmt.Println(m.Restore("Check the password MASKED_PASSWORD_1_k3x9m2qa."))
	// Output:
	// mysql -uroot -pMASKED_PASSWORD_1_k3x9m2qa fails
	// Check the password S3cret!.
}

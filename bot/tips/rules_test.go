package tips

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"cairn/runbooks"
	"cairn/runbooks/risk"
)

// What makes a tip unfit for a subscriber, found by reading hundreds of them.
// Each expression is about the text alone.
var unfit = []struct {
	why string
	re  *regexp.Regexp
}{
	{"it announces what is not there", regexp.MustCompile(`(?i)as follows|following:|如下[:：]?$|以下(几|步|内)|(下图|上图|下表|上表|如图)`)},
	{"a list or a table is cut off", regexp.MustCompile(`[|\n]|^[-*+•·] |^\d+[.)、] |[,，、;；(（]$|(?i:\b(and|or|with|the|of|to)$)`)},
	{"markup is left", regexp.MustCompile(`!\[|\]\(|</|&nbsp;|\{\{[<%]|\{#|\*\*`)},
	{"it is addressed to somebody else", regexp.MustCompile(`公众号|点赞|转载|作者|笔者|扫码|(?i:subscribe to (this|our)|copyright|the author)`)},
	{"it points at a place nearby", regexp.MustCompile(`(?i)see (above|below)|above table|this (article|guide|page|section|chapter|tutorial)|本(文|章|节)|上一步|前文|后文`)},
	{"it leans on a sentence before it", regexp.MustCompile(`^(?i:it|they|this|these|those|then|however|therefore|so|but|and) |^(它|这|该|但是|因此|所以|然后|接着|其次)`)},
	{"nobody has filled it in", regexp.MustCompile(`(?i)\b(todo|tbd|fixme|lorem)\b|\bXX\b(?:[^:]|$)`)},
	{"an address stands in the prose", regexp.MustCompile(`https?://|www\.`)},
}

// backwards are instructions that need the step before them.
var backwards = []*regexp.Regexp{
	regexp.MustCompile(`^\w+ (which|what|who|where|whether) (\w+ )?(those|these|they|it) `),
	regexp.MustCompile(`^\w+ (it|them|those|these)\b`),
	regexp.MustCompile(`^[^.]*\b(of|at|in|on|for|from|with) that [a-z]+\.`),
	regexp.MustCompile(`^[看查找]?(该|它|这些|那些|这张|那条)`),
}

// genericTitles say what kind of text follows and not what it is about.
var genericTitles = []string{"in one paragraph", "in an incident", "common mistakes", "overview", "meaning", "impact", "introduction", "一句话说清", "故障中何时重要", "常见误区", "概述", "前言"}

// faults returns what is wrong with a tip of a document.
func faults(tip Tip, d *runbooks.Document) (out []string) {
	bad := func(is bool, why string) {
		if is {
			out = append(out, why)
		}
	}
	text := tip.Text
	for _, u := range unfit {
		// "This alert" is the one that the title names.
		bad(u.re.MatchString(strings.TrimPrefix(text, "This alert ")), u.why)
	}
	// Whole sentences, of a bearable length.
	n := utf8.RuneCountInString(text)
	lo, hi := 30, maxEn
	if tip.Lang == "zh" {
		lo, hi = 10, maxZh
	}
	bad(n < lo, "it is too short to say anything")
	bad(n > hi, "it is too long to read in passing")
	end, _ := utf8.DecodeLastRuneInString(strings.TrimRight(text, "”」）)\""))
	closes := ".!。！"
	if len(tip.Commands) > 0 {
		closes += ":："
	}
	bad(!strings.ContainsRune(closes, end), "it does not end as a sentence")
	bad(strings.EqualFold(strings.Trim(text, " .。:："), strings.TrimSpace(tip.Title)), "it only repeats the title")
	for _, h := range tip.Heading {
		bad(strings.EqualFold(strings.Trim(text, " .。:："), strings.Trim(h, " .。:：")), "it is a heading")
	}
	// What opens closes.
	bad(strings.Count(text, "`")%2 != 0, "inline code is cut")
	bad(strings.Count(text, `"`)%2 != 0, "a quotation is cut")
	for _, p := range []string{"“”", "「」", "《》", "【】"} {
		l, size := utf8.DecodeRuneInString(p)
		bad(strings.Count(text, string(l)) != strings.Count(text, p[size:]), "a quotation or bracket is cut: "+p)
	}
	bad(strings.Count(text, "(")+strings.Count(text, "（") != strings.Count(text, ")")+strings.Count(text, "）"), "a bracket is cut")
	// Commands come with their meaning, fit a screen and destroy nothing.
	size := 0
	for _, c := range tip.Commands {
		level, why := risk.Classify(c, "")
		bad(level == risk.Destructive, "the command destroys something: "+string(why))
		bad(strings.TrimSpace(c) == "", "the command is empty")
		bad(strings.Count(c, "\n") > 7, "the command fills a screen")
		size += len(c)
	}
	bad(size > 600 || tip.Kind == KindCommand && (size == 0 || size > maxCommand), "there is too much or no command")
	if !tip.prose() && tip.Kind != KindFirst {
		for _, re := range backwards {
			bad(re.MatchString(text), "it needs the step before it: "+re.String())
		}
	}
	// Cited, and titled with what it is about.
	bad(tip.Quote == "" || !strings.Contains(d.Slice(d.LineSpan(tip.StartLine, tip.EndLine)), tip.Quote), "its lines do not hold its quote")
	m := tip.Message(Rendering{Buttons: true})
	bad(m.Text == "" || m.Lead == "" || len(m.Citations) != 1, "it renders without words or citation")
	bad(utf8.RuneCountInString(m.Text) > 1900, "its message is longer than Discord takes")
	_, about, _ := strings.Cut(m.Title, " · ")
	bad(tip.Kind != KindFirst && (strings.TrimSpace(about) == "" || slices.Contains(genericTitles, strings.ToLower(about))), "its title says nothing: "+m.Title)
	bad(utf8.RuneCountInString(m.Title) > 250, "its title is too long")
	return out
}

// sets are the documents whose tips are checked one by one: the built-in
// library, and what lies beside the repository, as teams' own documents.
func sets(t *testing.T) []Library {
	t.Helper()
	libs := []Library{builtin(t)}
	for _, root := range []string{"documents", "eval/prometheus/docs", "eval/k8s-en/docs", "eval/k8s-zh/docs"} {
		lib := Library{Name: root}
		root = filepath.Join("../../../shared", root)
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(path) != ".md" && filepath.Ext(path) != ".txt" {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, path)
			if err == nil {
				lib.Documents = append(lib.Documents, parse(t, filepath.ToSlash(rel), string(b)))
			}
			return err
		})
		switch {
		case err == nil:
			libs = append(libs, lib)
		case os.Getenv("CAIRN_TEST_ALL") == "1":
			t.Fatalf("documents to make tips of: %v", err)
		default:
			t.Logf("no documents in %s", root)
		}
	}
	return libs
}

// Every tip that any of the documents can make is one worth a subscription.
func TestEveryTipReadsWell(t *testing.T) {
	t.Parallel()
	kinds := map[string]int{}
	for _, lib := range sets(t) {
		byPath := map[string]*runbooks.Document{}
		for _, d := range lib.Documents {
			byPath[d.Path] = d
		}
		for _, tip := range Generate([]Library{lib}) {
			kinds[tip.Library+" "+tip.Lang+" "+tip.Kind]++
			for _, why := range faults(tip, byPath[tip.Document]) {
				t.Errorf("%s/%s:%d %s: %s\n%s", tip.Library, tip.Document, tip.StartLine, tip.Kind, why, tip.Text)
			}
		}
	}
	for _, lang := range []string{"en", "zh"} {
		for _, kind := range []string{KindConcept, KindTrouble, KindIncident, KindMistake, KindCommand, KindReason, KindFirst} {
			if n := kinds["builtin "+lang+" "+kind]; n < 10 {
				t.Errorf("the built-in library makes %d tips %s %s, want ten or more", n, lang, kind)
			}
		}
	}
	t.Logf("tips: %v", kinds)
}

// Each card of the built-in library says in one paragraph what its subject is,
// and that is a tip.
func TestEveryCardMakesAConcept(t *testing.T) {
	t.Parallel()
	lib := builtin(t)
	have := map[string]bool{}
	for _, tip := range Generate([]Library{lib}) {
		if tip.Kind == KindConcept {
			have[tip.Document] = true
		}
	}
	missing := 0
	for _, d := range lib.Documents {
		if slices.Contains(d.Meta.Tags, "concept") && !have[d.Path] {
			missing++
			t.Logf("%s makes no concept", d.Path)
		}
	}
	if missing > 2 { // a paragraph that begins with "Both" leans on its title
		t.Errorf("%d cards make no concept", missing)
	}
}

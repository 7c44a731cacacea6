package lint

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"cairn/runbooks"
)

// twins checks that documents of our format exist in both languages and agree
// in their steps.
func (l *linter) twins(docs []*runbooks.Document) {
	if !l.opts.Bilingual {
		return
	}
	type key struct{ lang, rest string }
	byKey := make(map[key]*runbooks.Document)
	split := func(p string) (key, bool) {
		parts := strings.Split(p, "/")
		for i, part := range parts[:len(parts)-1] {
			if part == "en" || part == "zh" {
				return key{part, strings.Join(slices.Concat(parts[:i], parts[i+1:]), "/")}, true
			}
		}
		return key{}, false
	}
	for _, d := range docs {
		if k, ok := split(d.Path); ok {
			byKey[k] = d
		}
	}
	for _, d := range docs {
		l.doc = d
		if !l.ours() {
			continue
		}
		k, ok := split(d.Path)
		if !ok {
			l.add(1, "twin", "stands in no folder en or zh", "不在 en 或 zh 目录中")
			continue
		}
		other := "zh"
		if k.lang == "zh" {
			other = "en"
		}
		twin := byKey[key{other, k.rest}]
		if twin == nil {
			l.add(1, "twin", "its twin %s/%s is missing", "缺少对应的 %s/%s", other, k.rest)
			continue
		}
		if string(d.Lang) != k.lang {
			l.add(1, "twin", "written in %q but stands under %s", "语言为 %q，却放在 %s 下", d.Lang, k.lang)
		}
		if k.lang == "en" {
			l.sameSteps(twin)
		}
	}
}

// sameSteps compares the steps of a document with its twin's.
func (l *linter) sameSteps(twin *runbooks.Document) {
	a, b := allSteps(l.doc), allSteps(twin)
	if len(a) != len(b) {
		l.add(1, "twin", "%d steps, its twin %s has %d", "有 %d 个步骤，对应的 %s 有 %d 个", len(a), twin.Path, len(b))
		return
	}
	for i := range a {
		if x, y := commands(a[i]), commands(b[i]); !slices.Equal(x, y) {
			l.add(l.line(a[i].Span), "twin", "step %s has other commands than in %s", "步骤 %s 的命令与 %s 不一致", a[i].Label, twin.Path)
		}
	}
}

func allSteps(d *runbooks.Document) []runbooks.Step {
	var out []runbooks.Step
	for i := range d.Sections {
		out = append(out, d.Sections[i].Steps...)
	}
	return out
}

// commands are the fenced commands of a step without their comments, which may
// be translated.
func commands(s runbooks.Step) []string {
	var out []string
	for _, c := range s.Commands {
		if c.Lang == "" {
			continue
		}
		for l := range strings.Lines(c.Text) {
			if i := strings.Index(l, " # "); i >= 0 {
				l = l[:i]
			}
			if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") && !strings.HasPrefix(l, "--") {
				out = append(out, l)
			}
		}
	}
	return out
}

// Limits of comparing documents.
const (
	fewSentences   = 5  // a document with less is not compared
	commonSentence = 50 // a sentence in more documents says nothing of two
)

// duplicates finds documents of one language that share most of their
// sentences.
func (l *linter) duplicates(docs []*runbooks.Document) {
	of := make([]map[string]bool, len(docs))
	holds := make(map[string][]int)
	for i, d := range docs {
		of[i] = sentences(d)
		for s := range of[i] {
			holds[s] = append(holds[s], i)
		}
	}
	type pair struct{ a, b int }
	shared := make(map[pair]int)
	for _, in := range holds {
		if len(in) > commonSentence {
			continue
		}
		for x := range in {
			for y := x + 1; y < len(in); y++ {
				shared[pair{min(in[x], in[y]), max(in[x], in[y])}]++
			}
		}
	}
	var pairs []pair
	for p, n := range shared {
		a, b := docs[p.a], docs[p.b]
		least := min(len(of[p.a]), len(of[p.b]))
		if a.Lang == b.Lang && least >= fewSentences && float64(n) > l.opts.MaxShared*float64(least) {
			pairs = append(pairs, p)
		}
	}
	slices.SortFunc(pairs, func(x, y pair) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	for _, p := range pairs {
		l.doc = docs[p.a]
		least := min(len(of[p.a]), len(of[p.b]))
		l.add(1, "duplicate", "shares %d%% of its sentences with %s", "%d%% 的句子与 %s 相同", 100*shared[p]/least, docs[p.b].Path)
	}
}

// sentences are the sentences of a document's prose that are long enough to
// tell documents apart.
func sentences(d *runbooks.Document) map[string]bool {
	out := make(map[string]bool)
	for i := range d.Sections {
		if d.Sections[i].Boilerplate {
			continue
		}
		for j := range d.Sections[i].Blocks {
			b := &d.Sections[i].Blocks[j]
			if b.Kind == runbooks.Code || b.Kind == runbooks.Link {
				continue
			}
			for _, s := range strings.FieldsFunc(strings.ReplaceAll(b.Text, ". ", "\n"), func(r rune) bool {
				return strings.ContainsRune("\n。！？；!?;", r)
			}) {
				s = strings.ToLower(strings.Join(strings.Fields(s), " "))
				if n := utf8.RuneCountInString(s); n >= 24 || n >= 10 && len(s) > 2*n {
					out[s] = true
				}
			}
		}
	}
	return out
}

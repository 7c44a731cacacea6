package eval

import (
	"context"
	"fmt"
	"log/slog"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairn/retrieval"
	"cairn/runbooks"
)

// ambiguous is the file of questions to which several documents are offered.
const ambiguous = "ambiguous"

// A training library is an index with questions that it answers and questions
// that it does not, by what they are called in reports.
type training struct {
	name string
	// group is what is left out together: libraries of the same texts.
	group     string
	ix        *retrieval.Index
	questions map[string][]Question
	none      map[string][]Question
}

// trainingsOf makes the libraries that the verdict is learned from: the
// development sets, the built-in library, and libraries made of these texts as
// people keep them too: one language only, parts missing, many articles run
// together into a few long documents without telling titles.
func trainingsOf(t *testing.T) []training {
	t.Helper()
	root := shared(t)
	none := noAnswer(t, root)
	read := func(file string) []Question {
		qs, err := ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return qs
	}
	texts, hidden := builtinTexts(t)
	// Questions to a library about a system that it lacks.
	about := func(folders ...string) []Question {
		var out []Question
		for _, q := range hidden {
			if slices.Contains(folders, folderOf(q.ID)) {
				out = append(out, Question{ID: q.ID, Query: q.Query})
			}
		}
		return every(out, 200)
	}
	var out []training
	for _, set := range devSets(root) {
		tr := training{name: set.name, group: set.name, ix: buildSet(t, set.name, set.docs), questions: map[string][]Question{}, none: map[string][]Question{"none": none}}
		for _, file := range set.queries {
			tr.questions[strings.TrimSuffix(filepath.Base(file), ".jsonl")] = read(file)
		}
		if set.name != "documents" {
			tr.none["lacking"] = about("databases", "messaging", "bigdata", "web", "delivery")
			docs := map[string]string{}
			for _, d := range readDocs(t, set.docs) {
				docs[d.Path] = d.Text
			}
			merged, where := merge(docs, 1)
			m := training{name: set.name + " run together", group: set.name, ix: index(t, merged), questions: map[string][]Question{}, none: map[string][]Question{"none": none, "lacking": tr.none["lacking"]}}
			for name, qs := range tr.questions {
				if !strings.Contains(name, "names") && !strings.Contains(name, "titles") {
					m.questions[name] = relocate(qs, where)
				}
			}
			out = append(out, m)
		}
		out = append(out, tr)
	}
	walkups := training{name: "walkup", group: "walkup", ix: index(t, wholeBuiltin(t)), questions: map[string][]Question{}, none: map[string][]Question{}}
	for _, w := range readWalkups(t) {
		switch q := w.question(); {
		case w.Split != "dev":
		case w.Verdict == "none":
			walkups.none["none"] = append(walkups.none["none"], q)
		case w.Verdict == "unsure":
			walkups.questions[ambiguous] = append(walkups.questions[ambiguous], q)
		default:
			walkups.questions["walkup"] = append(walkups.questions["walkup"], q)
		}
	}
	out = append(out, walkups)
	of := func(lang string) (map[string]string, []Question) {
		only := map[string]string{}
		for p, text := range texts {
			if strings.HasPrefix(p, lang) {
				only[p] = text
			}
		}
		return only, hidden
	}
	foreign := func(qs []Question, lang string) (own, other []Question) {
		for _, q := range qs {
			if strings.HasPrefix(q.ID, lang) {
				own = append(own, q)
			} else {
				other = append(other, q)
			}
		}
		return own, other
	}
	covered := noneFor(none, texts)
	out = append(out, training{name: "builtin", group: "builtin", ix: index(t, texts), questions: map[string][]Question{"hidden": hidden}, none: map[string][]Question{"none": covered}})
	for _, lang := range []string{"en", "zh"} {
		only, qs := of(lang)
		own, other := foreign(qs, lang)
		out = append(out, training{name: "builtin " + lang, group: "builtin", ix: index(t, only), questions: map[string][]Question{"own": every(own, 300), "foreign": every(other, 300)}, none: map[string][]Question{"none": covered}})
		merged, where := merge(only, 2)
		out = append(out, training{name: "builtin " + lang + " run together", group: "builtin", ix: index(t, merged), questions: map[string][]Question{"own": relocate(every(own, 300), where), "foreign": relocate(every(other, 300), where)}, none: map[string][]Question{"none": covered}})
		for _, lacks := range [][]string{{"databases", "bigdata"}, {"linux", "network", "web"}, {"messaging", "storage", "delivery", "distributed"}} {
			rest, restQs := map[string]string{}, []Question{}
			for p, text := range only {
				if !slices.Contains(lacks, folderOf(p)) {
					rest[p] = text
				}
			}
			for _, q := range qs {
				if !slices.Contains(lacks, folderOf(q.ID)) {
					restQs = append(restQs, q)
				}
			}
			out = append(out, training{name: "builtin " + lang + " without " + lacks[0], group: "builtin", ix: index(t, rest), questions: map[string][]Question{"rest": every(restQs, 200)}, none: map[string][]Question{"none": covered, "lacking": about(lacks...)}})
		}
	}
	return out
}

// noAnswer are the questions that no development set answers.
func noAnswer(t *testing.T, root string) []Question {
	t.Helper()
	var none []Question
	for _, f := range []string{filepath.Join(root, "eval/out-of-domain/queries.jsonl"), "testdata/out-of-domain.jsonl"} {
		qs, err := ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		none = append(none, qs...)
	}
	return none
}

// noneFor leaves out the questions about a service that one of the texts is
// about.
func noneFor(none []Question, texts map[string]string) []Question {
	services := map[string]bool{}
	for _, text := range texts {
		for line := range strings.SplitSeq(text, "\n") {
			if s, ok := strings.CutPrefix(line, "service: "); ok {
				services[strings.ToLower(s)] = true
			}
		}
	}
	var out []Question
	for _, q := range none {
		own := false
		for w := range strings.FieldsSeq(strings.ToLower(q.Query)) {
			own = own || services[w]
		}
		if !own {
			out = append(out, q)
		}
	}
	return out
}

// every returns at most about n of the questions, evenly chosen.
func every(qs []Question, n int) []Question {
	var out []Question
	for i, q := range qs {
		if i == 0 || i*n/len(qs) != (i-1)*n/len(qs) {
			out = append(out, q)
		}
	}
	return out
}

// folderOf is the topic of a built-in document: en/linux/awk.md is linux.
func folderOf(p string) string { return path.Base(path.Dir(p)) }

// index builds one library of texts by path.
func index(t *testing.T, texts map[string]string) *retrieval.Index {
	t.Helper()
	lib := retrieval.Library{Name: "library"}
	for p, text := range texts {
		d, err := runbooks.Parse(p, []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		lib.Documents = append(lib.Documents, d)
	}
	ix, _, err := retrieval.Build(context.Background(), slog.New(slog.DiscardHandler), []retrieval.Library{lib}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

// A place is a range of lines of a document.
type place struct {
	doc         string
	first, last int
}

// mergedSize is about how long a document of many articles becomes, in bytes.
const mergedSize = 60 << 10

// merge runs articles together, neighbours by path first, into long documents
// that are named by number. Headings go down by levels; without front matter,
// a title there becomes a heading.
func merge(texts map[string]string, level int) (map[string]string, map[string]place) {
	out, where := map[string]string{}, map[string]place{}
	var paths []string
	for p := range texts {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	var b strings.Builder
	lines, n := 0, 0
	name := func() string { return fmt.Sprintf("notes-%02d.md", n) }
	for _, p := range paths {
		text := demote(texts[p], level)
		where[p] = place{name(), lines + 1, lines + strings.Count(text, "\n")}
		lines += strings.Count(text, "\n")
		b.WriteString(text)
		if b.Len() > mergedSize {
			out[name()] = b.String()
			b.Reset()
			n, lines = n+1, 0
		}
	}
	if b.Len() > 0 {
		out[name()] = b.String()
	}
	return out, where
}

// demote drops the front matter and lowers all headings.
func demote(text string, level int) string {
	title := ""
	if rest, ok := strings.CutPrefix(text, "---\n"); ok {
		if front, body, ok := strings.Cut(rest, "\n---\n"); ok {
			text = body
			for line := range strings.SplitSeq(front, "\n") {
				if s, ok := strings.CutPrefix(line, "title:"); ok {
					title = strings.Trim(s, " \"'")
				}
			}
		}
	}
	var b strings.Builder
	if title != "" && !strings.Contains(text, "\n# ") && !strings.HasPrefix(text, "# ") {
		text = "# " + title + "\n\n" + text
	}
	fenced := false
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		}
		if !fenced && strings.HasPrefix(line, "#") {
			b.WriteString(strings.Repeat("#", level))
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return b.String()
}

// relocate points questions at where their articles stand.
func relocate(qs []Question, where map[string]place) []Question {
	var out []Question
	for _, q := range qs {
		var gold []Gold
		for _, g := range q.Gold {
			if p, ok := where[g.Doc]; ok {
				gold = append(gold, Gold{Doc: p.doc, Line: p.first, LastLine: p.last})
			}
		}
		if len(gold) > 0 {
			q.Gold = gold
			out = append(out, q)
		}
	}
	return out
}

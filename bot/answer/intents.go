package answer

import (
	"strings"

	"cairn/retrieval"
)

// intents returns the hits to answer with: the best one, and where the
// question joins several things ("502 或者 504"), the best hit for each thing
// that the first does not cover.
func (c *composer) intents(hits []retrieval.Hit) []retrieval.Hit {
	if n := c.opts.Answers; n > 0 {
		return hits[:min(n, len(hits))]
	}
	best := hits[:1]
	parts := split(c.question)
	if len(parts) < 2 {
		return best
	}
	for i, p := range parts {
		var others string
		for j, q := range parts {
			if j != i {
				others += " " + q
			}
		}
		own := without(terms(subject(p)), terms(others))
		if len(own) == 0 || len(best) >= c.opts.MaxIntents || covers(best, own) {
			continue
		}
		for _, h := range hits[1:min(len(hits), 8)] {
			if part, _ := share(own, heading(h)); part >= 0.6 && h.Score >= hits[0].Score*0.4 {
				best = append(best[:len(best):len(best)], h)
				break
			}
		}
	}
	return best
}

func covers(hits []retrieval.Hit, words map[string]bool) bool {
	for _, h := range hits {
		if part, _ := share(words, heading(h)); part >= 0.6 {
			return true
		}
	}
	return false
}

// Intents cuts a question that joins several things into one question for
// each, with the context that they share: "nginx 502 或者 504" gives "nginx 502"
// and "nginx 504". It returns nil for a question about one thing, for one that
// asks what things are or how they differ, and for more than three.
func Intents(question string) []string {
	parts := split(question)
	if len(parts) < 2 || len(parts) > 3 || asksForMeaning(question) {
		return nil
	}
	context := names(parts[0])
	for i, p := range parts {
		p = strings.TrimSpace(subject(p))
		if i > 0 && len(names(p)) == 0 {
			p = strings.Join(append(context[:len(context):len(context)], p), " ")
		}
		if len(terms(p)) == 0 {
			return nil
		}
		parts[i] = p
	}
	return parts
}

// names returns the Latin words of a part that are no codes: what it is about.
func names(p string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(p, func(r rune) bool { return r > 0x7f || r == ' ' || r == '?' }) {
		if strings.ContainsAny(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") && !strings.ContainsAny(w, "0123456789") && !isStopWord(strings.ToLower(w)) {
			out = append(out, w)
		}
	}
	return out
}

// subject takes the words of asking out of a part of a question.
func subject(p string) string {
	p = strings.ToLower(p)
	for _, w := range []string{"怎么", "如何", "怎样", "排查", "处理", "解决", "什么", "办", "为什么", "原因", "请问", "troubleshooting", "troubleshoot", "please", "help", "what to do"} {
		p = strings.ReplaceAll(p, w, " ")
	}
	return p
}

// heading returns the words that name a hit: its document's title and its
// heading path.
func heading(h retrieval.Hit) map[string]bool {
	return terms(h.Document.Title + "\n" + strings.Join(h.Passage.Heading, "\n"))
}

// split cuts a question at the words that join several things; one part when
// it has none.
func split(question string) []string {
	q := question
	for _, w := range []string{"或者", "或是", "还是", "以及", "并且", "、", "，", ",", "；", ";", " or ", " and ", " vs ", " OR ", " AND ", "和", "或", "与", "/"} {
		q = strings.ReplaceAll(q, w, "\x00")
	}
	var out []string
	for p := range strings.SplitSeq(q, "\x00") {
		if len(terms(p)) > 0 {
			out = append(out, p)
		}
	}
	if len(out) > 6 {
		return nil // a text, no list of things
	}
	return out
}

package app

import (
	"os"
	"strings"
	"testing"
)

// quotesOf joins what an answer quotes, each under its heading.
func quotesOf(t *testing.T, question string) string {
	t.Helper()
	dir := shared(t, "documents")
	a := answerOf(t, os.DirFS(dir), "--library", dir, question)
	var all []string
	for _, c := range a.Citations {
		if len(c.Heading) > 0 {
			all = append(all, c.Heading[len(c.Heading)-1])
		}
		all = append(all, c.Quote)
	}
	return strings.Join(all, "\n")
}

// One fence answers for four codes: asked for one, the answer is that one's
// part.
func TestQuestionPicksItsPartOfAFence(t *testing.T) {
	t.Parallel()
	for code, others := range map[string][]string{
		"502": {"500", "503", "504"},
		"504": {"500", "502", "503"},
	} {
		got := quotesOf(t, "网站状态码 "+code+" 怎么排查")
		if !strings.Contains(got, code) {
			t.Errorf("asked for %s, the answer quotes %q", code, got)
		}
		for _, o := range others {
			if strings.Contains(got, o) {
				t.Errorf("asked for %s, the answer mixes in %s: %q", code, o, got)
			}
		}
	}
}

// A roadmap answers how to learn something with its list, in order, links
// intact.
func TestRoadmapAnswersWithItsList(t *testing.T) {
	t.Parallel()
	for _, q := range []string{"how do I learn Kafka", "Kafka 怎么学", "学习 kafka 看哪些文章"} {
		got := quotesOf(t, q)
		if n := strings.Count(got, "](http"); n < 5 || !strings.Contains(got, "Kafka") {
			t.Errorf("%q: %d links in %.300q, want the roadmap's list on Kafka", q, n, got)
		}
	}
}

// What another document really answers is not swamped by the roadmap.
func TestRoadmapDoesNotSwamp(t *testing.T) {
	t.Parallel()
	dir := shared(t, "documents")
	for _, q := range []string{"redis 主从复制 原理", "k8s node NotReady 怎么排查", "kafka 怎么保证消息不丢失", "软链接和硬链接的区别"} {
		a := answerOf(t, os.DirFS(dir), "--library", dir, q)
		for _, c := range a.Citations {
			if strings.Count(c.Quote, "](http") > 2 {
				t.Errorf("%q is answered by a list of links: %.200q", q, c.Quote)
			}
		}
		if a.Abstained {
			t.Errorf("%q is not answered", q)
		}
	}
}

// Navigation around a scraped text is no answer.
func TestNavigationIsNoAnswer(t *testing.T) {
	t.Parallel()
	dir := shared(t, "documents")
	for _, q := range []string{"PHP安全之道", "前端MVC框架", "Laravel 从入门到精通"} {
		a := answerOf(t, os.DirFS(dir), "--library", dir, q)
		for _, c := range a.Citations {
			if strings.HasPrefix(c.Document, "004_") {
				t.Errorf("%q: a menu entry is quoted: %.200q", q, c.Quote)
			}
		}
	}
}

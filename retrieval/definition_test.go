package retrieval

import (
	"testing"

	"cairn/runbooks"
)

// Whoever asks what a thing is gets the document that explains it, not the
// runbook for its troubles, and a thing that nothing explains is not explained
// by a runbook.
func TestDefinitionComesFromWhatExplains(t *testing.T) {
	t.Parallel()
	steps := "\n\n## Fix\n\n1. Look at etcd's members.\n2. Look at etcd's disk.\n3. Restart etcd.\n"
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: append(corpus(t),
		parse(t, "trouble.md", "# etcd unhealthy\n\netcd holds the state; etcd wants a majority of etcd members."+steps),
		parse(t, "backup.md", "# etcd backup\n\nThe backup of etcd, and how etcd is restored."+steps),
		parse(t, "card.md", "# etcd\n\nA store of keys and values, agreed upon by its members.\n\n## How it works\n\nBy Raft.\n"),
		parse(t, "steps.md", "# Flink"+steps),
	)})
	for _, question := range []string{"what is etcd", "What is etcd?", "etcd 是什么", "explain etcd", "what does etcd mean"} {
		r := find(t, ix, question)
		if len(r.Hits) == 0 || r.Hits[0].Document.Path != "card.md" || r.Hits[0].Passage.StartLine > 3 || r.Verdict != Sure {
			t.Errorf("%q: got %v, %+v, want the beginning of card.md, sure", question, r.Verdict, r.Hits)
		}
	}
	if got := first(t, ix, "etcd unhealthy"); got != "trouble.md" {
		t.Errorf("a symptom: %s first, want trouble.md", got)
	}
	for _, question := range []string{"what is flink", "etcd members", "what is an etcd member"} {
		cs, err := ix.Candidates(t.Context(), Query{Text: question}, 20)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cs {
			if c.Features[fDefine] != 0 {
				t.Errorf("%q: %s:%d counts as its definition", question, c.Path, c.StartLine)
			}
		}
	}
}

// No likeness is more than that of equals, whatever the languages.
func TestLikenessIsAtMostOne(t *testing.T) {
	t.Parallel()
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: append(corpus(t), []*runbooks.Document{
		parse(t, "zh.md", "---\nquestions:\n  - kafka loses messages\n  - KafkaMessageLoss\n---\n\n# Kafka 消息丢失\n\n消息丢了，先看位点。\n"),
		parse(t, "names.md", "# Kafka 的那些事\n\n说来话长。\n"),
		parse(t, "en.md", "# Kafka\n\nA log of messages.\n"),
	}...)})
	for _, question := range []string{"什么是 kafka", "kafka", "kafka 丢消息", "KafkaMessageLoss 是什么", "kafka message loss"} {
		cs, err := ix.Candidates(t.Context(), Query{Text: question}, 50)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cs {
			for _, f := range []int{fTitle, fHeading, fSentence} {
				if v := c.Features[f]; v < 0 || v > 1 {
					t.Errorf("%q, %s:%d: %s is %v", question, c.Path, c.StartLine, featureNames[f], v)
				}
			}
		}
	}
}

package quiz

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cairn/bot/store"
	"cairn/runbooks"
)

// A Library is a named set of parsed documents.
type Library struct {
	Name      string
	Documents []*runbooks.Document
}

// Kinds of card.
const (
	KindQuestion = "question" // from the front matter's questions
	KindNote     = "note"     // from question-and-answer notes
	KindConcept  = "concept"  // what something is
	KindStep     = "step"     // what is the next step after ...
)

// A Card is a question with its answer and the place the answer stands at.
type Card struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Lang    string `json:"lang"`
	Library string `json:"library"`
	// Document and Title name the file, Heading the path of headings.
	Document string   `json:"document"`
	Title    string   `json:"title"`
	Heading  []string `json:"heading,omitempty"`
	// Front is the question's own words: the symptom, the note's question, the
	// step before.
	Front string `json:"front"`
	// Answer is what is right, Commands what goes with it.
	Answer   string   `json:"answer"`
	Commands []string `json:"commands,omitempty"`
	// Destructive says that the document marks the answer's step so.
	Destructive bool `json:"destructive,omitempty"`
	// Wrong are choices that are not right; none makes it a card to reveal and
	// grade oneself.
	Wrong []string `json:"wrong,omitempty"`
	// StartLine and EndLine are where the answer stands.
	StartLine int      `json:"start_line"`
	EndLine   int      `json:"end_line"`
	Topics    []string `json:"topics,omitempty"`
}

// Hash changes with what the card says.
func (c Card) Hash() string {
	c.StartLine, c.EndLine = 0, 0 // lines move without the card changing
	b, _ := json.Marshal(c)       // strings and numbers always marshal
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

func (c Card) stored() store.Card {
	b, _ := json.Marshal(c)
	sum := sha256.Sum256(b)
	return store.Card{ID: c.ID, Library: c.Library, Document: c.Document, Kind: c.Kind, Lang: c.Lang, Content: b, Hash: hex.EncodeToString(sum[:8])}
}

// Limits of a card.
const (
	maxChoice      = 160 // characters of a choice, so that four fit a message
	maxAnswer      = 700
	wantedWrong    = 3
	maxPerDocument = 80
)

// Generate returns the cards that the documents hold. It fails only when ctx
// ends first.
func Generate(ctx context.Context, libs []Library) (out []Card, err error) {
	seen := map[string]bool{}
	for _, lib := range libs {
		firsts := firstSteps(lib)
		for _, d := range lib.Documents {
			if ctx.Err() != nil {
				return nil, fmt.Errorf("make cards of %s: %w", d.Path, context.Cause(ctx))
			}
			n := len(out)
			add := func(c Card, key ...string) {
				c.Lang, c.Library, c.Document, c.Title = string(d.Lang), lib.Name, d.Path, d.Title
				c.Topics = slices.DeleteFunc(append([]string{d.Meta.Service}, d.Meta.Tags...), func(s string) bool { return s == "" })
				sum := sha256.Sum256([]byte(strings.Join(append([]string{c.Kind, lib.Name, d.Path}, key...), "\x00")))
				c.ID = hex.EncodeToString(sum[:8])
				if !seen[c.ID] && len(out)-n < maxPerDocument {
					seen[c.ID] = true
					out = append(out, c)
				}
			}
			if d.Lang != runbooks.English && d.Lang != runbooks.Chinese {
				continue
			}
			questionCards(d, firsts, add)
			conceptCards(d, add)
			for i := range d.Sections {
				if !d.Sections[i].Boilerplate {
					noteCard(d, &d.Sections[i], add)
					stepCards(d, &d.Sections[i], add)
				}
			}
		}
	}
	return out, nil
}

// fold makes a text a key that survives changes of spacing and case.
func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

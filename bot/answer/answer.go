package answer

import "cairn/runbooks/risk"

// An Answer is the object that `cairn ask --json` prints; field names and
// meanings are a contract (docs/design.md). Slices are never nil.
type Answer struct {
	Question   string     `json:"question"`
	Language   string     `json:"language"`
	Confidence float64    `json:"confidence"`
	Abstained  bool       `json:"abstained"`
	Title      string     `json:"title"`
	Document   string     `json:"document"`
	Library    string     `json:"library"`
	Steps      []Step     `json:"steps"`
	Citations  []Citation `json:"citations"`
	Related    []Related  `json:"related"`
	Prose      []Prose    `json:"prose,omitempty"`
	// Missing are words of the question that, by a model's judgement, none of
	// its sources speaks of.
	Missing      []string `json:"missing,omitempty"`
	UnderstoodAs string   `json:"understood_as,omitempty"`
	Mode         string   `json:"mode,omitempty"`
	// TookMS is the time from the question to this object, a model's included.
	TookMS float64 `json:"took_ms"`
}

// A Step is one instruction with its commands.
type Step struct {
	N int `json:"n"`
	// Section is the heading the step stands under.
	Section string `json:"section"`
	// Text is the prose with inline code, without command blocks.
	Text     string     `json:"text"`
	Commands []string   `json:"commands"`
	Expect   string     `json:"expect"`
	IfNot    string     `json:"if_not,omitempty"`
	Risk     risk.Level `json:"risk"`
	Citation int        `json:"citation"`
}

// A Citation names the exact place a quote stands at.
type Citation struct {
	N        int      `json:"n"`
	Library  string   `json:"library"`
	Document string   `json:"document"`
	Heading  []string `json:"heading"`
	// StartLine and EndLine count from 1, both inclusive.
	StartLine int `json:"start_line"`
	EndLine   int `json:"end_line"`
	// StartColumn and EndColumn narrow a long line down, from 1, in
	// characters, both inclusive; zero where they do not matter.
	StartColumn int    `json:"start_column,omitempty"`
	EndColumn   int    `json:"end_column,omitempty"`
	URL         string `json:"url"`
	// Quote stands byte for byte in the indexed text at these lines.
	Quote string `json:"quote"`
}

// A Related is another place worth opening.
type Related struct {
	Title     string `json:"title"`
	Library   string `json:"library"`
	Document  string `json:"document"`
	StartLine int    `json:"start_line"`
	URL       string `json:"url,omitempty"`
}

// Prose is a model's sentence with what it rests on.
type Prose struct {
	Text string `json:"text"`
	// BeforeStep is the step that it stands before; 0 means after all steps.
	BeforeStep int   `json:"before_step"`
	Citations  []int `json:"citations"`
}

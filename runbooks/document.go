package runbooks

// Lang is the language of a text or a question: "en", "zh", or "" when neither
// can be told (a text of commands only).
type Lang string

// The two languages that Cairn speaks.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// A Span is a half-open range of byte offsets into [Document.Text]. Both ends
// lie on rune borders.
type Span struct {
	Start, End int
}

// Len returns the number of bytes the span covers.
func (s Span) Len() int { return s.End - s.Start }

// A Document is one file, parsed. It is immutable once [Parse] has returned it.
type Document struct {
	// Path is the file's path relative to its library, with forward slashes.
	Path string
	// Title is the front matter's title, else the first heading, else a name
	// made from the path; never empty.
	Title string
	// Lang is the language most of the prose is written in.
	Lang Lang
	// Meta is the front matter; zero where the file has none.
	Meta Meta
	// Text is the whole file decoded to UTF-8, without byte order mark, lines
	// ending in \n. All spans point into it.
	Text string
	// Encoding names what the file was decoded from: "utf-8", "utf-16le",
	// "utf-16be" or "gb18030".
	Encoding string
	// Hash is the hex SHA-256 of Text.
	Hash string
	// Sections are all sections in document order, the nested ones after
	// their parent. Text before the first heading is a section whose Heading
	// is empty.
	Sections []Section

	lines []int // byte offset of each line's start, the first being 0
}

// Meta is a document's front matter. Unknown keys are ignored; a malformed
// block is reported in [Document.Meta].Err, and treated as text where its lines
// are not those of a mapping.
type Meta struct {
	Title      string      `yaml:"title"`
	Service    string      `yaml:"service"`
	Tags       []string    `yaml:"tags"`
	Severity   string      `yaml:"severity"`
	Reviewed   string      `yaml:"reviewed"` // YYYY-MM-DD
	Questions  []string    `yaml:"questions"`
	Alerts     []string    `yaml:"alerts"`
	Related    []string    `yaml:"related"`    // slugs or paths of other documents
	References []Reference `yaml:"references"` // public pages
	Lang       Lang        `yaml:"lang"`
	// Draft keeps the document out of the index until a person takes the mark
	// away.
	Draft bool `yaml:"draft"`

	// Span covers the block with its fences; empty where there is none.
	Span Span `yaml:"-"`
	// Err says why a front matter block could not be read; nil otherwise.
	Err error `yaml:"-"`
}

// A Reference is a public page by name and address.
type Reference struct {
	Name string `yaml:"name"`
	URL  string `yaml:"url"`
}

// A Section is a heading and what stands under it up to the next heading of
// any level.
type Section struct {
	// Heading is the heading's own text without markup, "" for the text before
	// the first heading. For question-and-answer notes it is the question.
	Heading string
	// Path holds the headings from the document's outermost one down to this
	// section's own; it does not repeat the document's title where the title
	// is not a heading.
	Path []string
	// Level is the depth, 1 for the outermost; 0 for the text before the first
	// heading.
	Level int
	// Span covers the heading line and the section's own text, without its
	// nested sections.
	Span Span
	// Body covers the section's own text without the heading line.
	Body Span
	// Blocks are the pieces of the body in document order.
	Blocks []Block
	// Steps are the instructions of the section in document order; empty for
	// prose.
	Steps []Step
	// Boilerplate marks navigation, menus and link farms around a scraped
	// text: kept for citing, never offered as an answer.
	Boilerplate bool
}

// BlockKind says what a [Block] is.
type BlockKind uint8

// The kinds of block.
const (
	Paragraph BlockKind = iota
	ListItem            // one item with its continuation lines, not its nested items
	Code                // a fenced, indented or bare command block
	Table               // rows with their header
	Quote               // a quotation or admonition
	Link                // an item that is a titled link and little else
	Raw                 // HTML or anything else kept as it stands
)

// A Block is one piece of a section's body.
type Block struct {
	Kind BlockKind
	// Text is the block folded for reading and searching: markers, markup and
	// wrapping removed. For Code it is the code itself.
	Text string
	// Lang is a code block's info string, such as "bash"; "" elsewhere.
	Lang string
	// URL is a Link block's address; "" elsewhere.
	URL string
	// Depth is a list item's nesting, 0 for the outermost.
	Depth int
	Span  Span
}

// A Step is one instruction, maybe with commands and an expected result.
type Step struct {
	// Label is the marker as printed ("1.", "（2）", "第3步", "-"); "" for a
	// step recognised without one.
	Label string
	// Text is the prose with inline code, without the command blocks.
	Text string
	// Commands are the step's command blocks and the inline code that is a
	// whole command, in document order.
	Commands []Command
	// Expect and IfNot are the lines "Expect:" / "预期：" and "If not:" /
	// "否则：" without their labels; "" where absent.
	Expect, IfNot string
	// Marked reports that the document itself marks the step as destructive
	// ("**Destructive:**", "**高危：**").
	Marked bool
	// Depth is the list nesting of the step, 0 for the outermost.
	Depth int
	// Span covers the whole step: marker, prose, commands, expectation.
	Span Span
}

// A Command is one command block of a step.
type Command struct {
	// Text is what to copy: prompt and common indentation removed.
	Text string
	// Lang is the fence's info string or "".
	Lang string
	Span Span
}

// A Passage is the unit that is searched and quoted: a section, or a natural
// part of a long one.
type Passage struct {
	// Section indexes [Document.Sections].
	Section int
	// Heading is the section's heading path.
	Heading []string
	// Span is the passage's contiguous range; Text[Span] is what
	// `cairn search` prints. It includes the heading line when the passage is
	// the first of its section.
	Span Span
	// StartLine and EndLine are the lines of Span, from 1, both inclusive.
	StartLine, EndLine int
	// Steps is the half-open range of the section's steps that lie in the
	// passage; equal ends mean none.
	FirstStep, LastStep int
	Kind                PassageKind
}

// PassageKind says what a passage mostly holds; ranking treats a list of links
// with more reserve than an answer.
type PassageKind uint8

// The kinds of passage.
const (
	Prose       PassageKind = iota
	Steps                   // instructions
	Links                   // titled links, as in a roadmap
	Boilerplate             // navigation around a scraped text
)

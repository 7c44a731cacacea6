package ground

// Features of a sentence against its evidence; docs/benchmarks.md says what
// each is worth.
const (
	fAll         = iota // share of the words found anywhere
	fGroup              // … in and around the statement that carries each clause
	fClause             // … in and around the clause that carries each clause
	fClauseMin          // … of the clause least carried
	fUnit               // … in the list item or paragraph
	fMissGeneral        // … of missing general words
	fMissStrong         // … of missing words that say how, how much or for how long
	fFlip               // words denied on one side only
	fAnti               // weight of words whose opposite stands in the evidence
	fNegDropped
	fOnlyDropped
	fAllAdded
	fAllDropped
	fSomeDropped
	fCanAdded
	fIfAdded
	fIfDropped
	fUnlessDropped
	fOrder     // how much better the evidence carries the other order
	fSwap      // neighbours that stand the other way round
	fNear      // how near neighbours stand
	fExact     // neighbours that stand side by side
	fBindAll   // names, figures and things of the trade in their clause
	fSwitchMax // … in the clause with most of it
	fAlien     // names from elsewhere in a clause that has names of its own
	fLeft      // share of the clauses used that the sentence leaves out
	fCrossed   // clauses that hold each other's words
	fBranch    // clauses from what is expected and from what is not
	fQuant     // only or some for all, or the reverse
	fLink      // reasons from two items of the evidence
	fLabel     // what one label stands for under another
	fSlot      // a word in the place of another one
	fStolen    // names and figures whose neighbour has another one nearer
	fRole      // names and things in one clause the other way round
	fModal     // must for can
	fMistake   // says what the evidence calls a mistake
	fCross     // evidence in the other language
	numFeatures
)

var featureNames = [numFeatures]string{"all", "group", "clause", "clause_min", "unit", "miss_general", "miss_strong", "flip", "anti",

	"neg_dropped", "only_dropped", "all_added", "all_dropped", "some_dropped", "can_added", "if_added", "if_dropped",
	"unless_dropped", "order", "swap", "near", "exact", "bind_all", "switch_max", "alien", "left", "crossed", "branch", "quant", "link", "labels", "slot", "stolen", "role", "modal", "mistake", "cross"}

type features [numFeatures]float64

// A comparison is a sentence laid beside its evidence.
type comparison struct {
	p      *passage
	s      []token
	at     [][]place // by token of the sentence
	pieces []span    // clauses of the sentence
	best   []int     // the clause that carries each piece, -1 for none
	f      features
	worst  string // the part least supported
	anti   string
	flip   string
	order  string
}

func (p *passage) compare(s []token) *comparison {
	c := &comparison{p: p, s: s, at: make([][]place, len(s))}
	for i := range s {
		if s[i].weight > 0 || s[i].kind == kindNumber {
			c.at[i] = p.places(s, i)
		}
	}
	c.cut()
	if len(c.pieces) > maxPieces {
		return c
	}
	c.coverage()
	c.missing()
	c.polarity()
	c.markers()
	c.sequences()
	c.neighbours()
	c.bound()
	c.switched()
	c.crossed()
	c.branches()
	c.linked()
	c.labelled()
	c.slots()
	c.stolen()
	c.roles()
	return c
}

// How much a word counts that stands near the statement, not in it.
const (
	nearClause = 0.75
	nearGroup  = 0.55
	sameUnit   = 0.45
	underTitle = 0.7
	elsewhere  = 0.2
)

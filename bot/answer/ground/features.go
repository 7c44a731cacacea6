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
	fOrder      // how much better the evidence carries the other order
	fSwap       // neighbours that stand the other way round
	fNear       // how near neighbours stand
	fExact      // neighbours that stand side by side
	fBindAll    // names, figures and things of the trade in their clause
	fSwitchMax  // … in the clause with most of it
	fAlien      // names from elsewhere in a clause that has names of its own
	fLeft       // share of the clauses used that the sentence leaves out
	fCrossed    // clauses that hold each other's words
	fBranch     // clauses from what is expected and from what is not
	fQuant      // only or some for all, or the reverse
	fLink       // reasons from two items of the evidence
	fLabel      // what one label stands for under another
	fSlot       // a word in the place of another one
	fStolen     // names and figures whose neighbour has another one nearer
	fRole       // names and things in one clause the other way round
	fModal      // must for can
	fMistake    // says what the evidence calls a mistake
	fCross      // evidence in the other language
	fSure       // share of the words surely in the statement, its item or heading
	fWeak       // … in it, but not surely
	fHole       // weight of what the statement has between the words used
	fMissHeavy  // weight of missing words with a meaning of their own
	fMissLight  // … of words that say little by themselves
	fDeniedLess // denials of the evidence that the sentence does not have
	fAfterAdded
	fTogether   // share of the neighbours that share a clause
	fStressed   // at once, directly: nothing in the evidence says so
	fSuffices   // as long as, where the evidence asks for more
	fSide       // before for after the same thing
	fFigure     // a figure where the statement has another
	fPredicate  // said of what the evidence says the opposite of
	fSegment    // what stands beside another label
	fDeniedName // a thing of which the evidence speaks in denials alone
	fParity     // share of the clauses that deny where their clause does not, or the reverse
	fParityWide // … nor its statement
	fParityBare // … and no word says the same without a word for no
	fTurned     // an order that the evidence has the other way round: 1 when it says so, 0.5 when it shows it
	fOrderHeld  // an order that the evidence says (1) or shows (0.5)
	fOrderOpen  // an order of which the evidence says nothing
	fRobName    // a name or figure put with what is said of another
	fRobThing   // … a thing or a word that has an opposite
	fHeld       // share of the words found anywhere, however surely
	fHeldIn     // … in and around the statements used
	fHeldClause // … in the clauses used or a heading
	fMissShare  // share of the missing words that have a meaning of their own
	fSlotName   // a name in the place of another beside the same word
	fSlotWord   // … another word
	fMisfigured // a figure where the words around it have another in the evidence
	fParityFar  // share of the clauses that deny where their statement does not, or the reverse
	fMoved      // share of the words that stand in the statement in another order
	fPutFor     // … that it has not, where it has others
	fPutIn      // … that it has not, where it has none
	fExchange   // two names whose predicates have changed places, by weight
	fOnlyAdded
	fAutoAdded // by itself, where nothing says so
	fEasyAdded // enough, without, even if: where nothing says so
	fReason    // a reason from another item
	fThan      // the two sides of a comparison exchanged
	numFeatures
)

var featureNames = [numFeatures]string{"all", "group", "clause", "clause_min", "unit", "miss_general", "miss_strong", "flip", "anti",

	"neg_dropped", "only_dropped", "all_added", "all_dropped", "some_dropped", "can_added", "if_added", "if_dropped",
	"unless_dropped", "order", "swap", "near", "exact", "bind_all", "switch_max", "alien", "left", "crossed", "branch", "quant", "link", "labels", "slot", "stolen", "role", "modal", "mistake", "cross",

	"sure", "weak", "hole", "miss_heavy", "miss_light", "denied_less", "after_added", "together", "stressed", "suffices", "side", "figure", "predicate", "segment", "denied_name", "parity", "parity_wide", "parity_bare", "turned", "order_held", "order_open", "rob_name", "rob_thing", "held", "held_in", "held_clause", "miss_share", "slot_name", "slot_word", "misfigured", "parity_far", "moved", "put_for", "put_in", "exchange", "only_added", "auto_added", "easy_added", "reason", "than"}

type features [numFeatures]float64

// A comparison is a sentence laid beside its evidence.
type comparison struct {
	p      *passage
	s      []token
	raw    string    // the sentence, folded, in lower case
	at     [][]place // by token of the sentence
	pieces []span    // clauses of the sentence
	best   []int     // the clause that carries each piece, -1 for none
	f      features
	worst  string // the part least supported
	anti   string
	flip   string
	order  string
}

func (p *passage) compare(s []token, raw string) *comparison {
	c := &comparison{p: p, s: s, raw: raw, at: make([][]place, len(s))}
	for i := range s {
		if s[i].weight > 0 || s[i].kind == kindNumber {
			c.at[i] = p.places(s, i)
		}
	}
	c.refine()
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
	c.aligned()
	c.stressed()
	c.figures()
	c.sides()
	c.predicates()
	c.segments()
	c.deniedNames()
	c.deniesAlike()
	c.turnedRound()
	c.misattributed()
	c.displaced()
	c.misfigured()
	c.inLine()
	c.exchanged()
	c.widened()
	c.paired()
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

package eval

import (
	"math"
	"slices"
	"time"

	"cairn/retrieval"
)

// Figures sum a set of outcomes up.
type Figures struct {
	Questions  int `json:"questions"`
	Answerable int `json:"answerable"`
	// Document and Passage are the ranking measures over answerable questions;
	// Passage over those whose gold names passages.
	Document Ranking `json:"by_document"`
	Passage  Ranking `json:"by_passage"`
	// Abstain is how well the verdict Abstain tells what has no answer.
	Abstain Abstaining `json:"abstaining"`
	Bands   []Band     `json:"bands"`
	// CalibrationError is the expected calibration error of Confidence over
	// answerable questions, ten bins.
	CalibrationError float64 `json:"calibration_error"`
	// P50 and P99 are latencies in microseconds.
	P50 float64 `json:"p50_us"`
	P99 float64 `json:"p99_us"`
}

// A Ranking says how high the right ones stand.
type Ranking struct {
	Questions int     `json:"questions"`
	Success1  float64 `json:"success_1"`
	Success3  float64 `json:"success_3"`
	Success5  float64 `json:"success_5"`
	MRR10     float64 `json:"mrr_10"`
	NDCG10    float64 `json:"ndcg_10"`
}

// Abstaining counts the questions that were refused.
type Abstaining struct {
	// Refused counts abstentions, Unanswerable the questions without gold.
	Refused      int `json:"refused"`
	Unanswerable int `json:"unanswerable"`
	// Precision is the share of refused ones that have no answer, Recall the
	// share of those without an answer that were refused.
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	// RefusedAnswerable is the share of answerable ones that were refused,
	// AnsweredUnanswerable that of unanswerable ones that were not.
	RefusedAnswerable    float64 `json:"refused_answerable"`
	AnsweredUnanswerable float64 `json:"answered_unanswerable"`
	// SureUnanswerable is the share of unanswerable ones answered as sure.
	SureUnanswerable float64 `json:"sure_unanswerable"`
}

// A Band is the questions with one verdict.
type Band struct {
	Verdict string  `json:"verdict"`
	Count   int     `json:"count"`
	Share   float64 `json:"share"`
	// Precision is the share whose first hit is right, of all in the band.
	Precision float64 `json:"precision"`
}

// Measure sums outcomes up.
func Measure(outcomes []Outcome) Figures {
	f := Figures{Questions: len(outcomes)}
	var took []time.Duration
	bands := map[retrieval.Verdict]*Band{}
	for _, v := range []retrieval.Verdict{retrieval.Sure, retrieval.Unsure, retrieval.Abstain} {
		bands[v] = &Band{Verdict: v.String()}
	}
	refusedRight, refusedWrong, sureWrong := 0, 0, 0
	for _, o := range outcomes {
		took = append(took, o.Took)
		b := bands[o.Verdict]
		b.Count++
		if o.Answerable && o.Right() {
			b.Precision++
		}
		if !o.Answerable {
			f.Abstain.Unanswerable++
			if o.Verdict == retrieval.Abstain {
				refusedRight++
			} else if o.Verdict == retrieval.Sure {
				sureWrong++
			}
			continue
		}
		f.Answerable++
		if o.Verdict == retrieval.Abstain {
			refusedWrong++
		}
		f.Document.add(o.Document, 1)
		if o.ByPassage {
			f.Passage.add(o.Passage, 1)
		}
	}
	f.Document.finish()
	f.Passage.finish()
	a := &f.Abstain
	a.Refused = refusedRight + refusedWrong
	a.Precision = ratio(refusedRight, a.Refused)
	a.Recall = ratio(refusedRight, a.Unanswerable)
	a.RefusedAnswerable = ratio(refusedWrong, f.Answerable)
	a.AnsweredUnanswerable = ratio(a.Unanswerable-refusedRight, a.Unanswerable)
	a.SureUnanswerable = ratio(sureWrong, a.Unanswerable)
	for _, v := range []retrieval.Verdict{retrieval.Sure, retrieval.Unsure, retrieval.Abstain} {
		b := bands[v]
		b.Share = ratio(b.Count, len(outcomes))
		if b.Count > 0 {
			b.Precision /= float64(b.Count)
		}
		f.Bands = append(f.Bands, *b)
	}
	f.CalibrationError = calibrationError(outcomes)
	slices.Sort(took)
	f.P50, f.P99 = quantile(took, 0.5), quantile(took, 0.99)
	return f
}

func (r *Ranking) add(rank, golds int) {
	r.Questions++
	if rank == 0 || rank > Depth {
		return
	}
	if rank == 1 {
		r.Success1++
	}
	if rank <= 3 {
		r.Success3++
	}
	if rank <= 5 {
		r.Success5++
	}
	r.MRR10 += 1 / float64(rank)
	// Any of the golds is a full answer: the ideal is one of them at the top.
	r.NDCG10 += 1 / math.Log2(float64(rank)+1)
}

func (r *Ranking) finish() {
	if r.Questions == 0 {
		return
	}
	n := float64(r.Questions)
	for _, p := range []*float64{&r.Success1, &r.Success3, &r.Success5, &r.MRR10, &r.NDCG10} {
		*p /= n
	}
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func quantile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := min(len(sorted)-1, int(q*float64(len(sorted))))
	return float64(sorted[i].Nanoseconds()) / 1000
}

// calibrationError is the mean distance between confidence and success over
// ten bins, weighted by their sizes.
func calibrationError(outcomes []Outcome) float64 {
	const bins = 10
	var n, right, conf [bins]float64
	total := 0.0
	for _, o := range outcomes {
		b := min(bins-1, max(0, int(o.Confidence*bins)))
		n[b]++
		conf[b] += o.Confidence
		if o.Answerable && o.Right() {
			right[b]++
		}
		total++
	}
	if total == 0 {
		return 0
	}
	sum := 0.0
	for b := range n {
		if n[b] > 0 {
			sum += math.Abs(conf[b]-right[b]) / total
		}
	}
	return sum
}

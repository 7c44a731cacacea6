package judge

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"cairn/retrieval/llm"
)

// maxAnswer bounds what is read of a model's answer, in bytes.
const maxAnswer = 64 << 10

// readVerdicts reads whether each of n statements follows. It accepts what
// models do around the object (see [llm.ObjectStart]) and numbers in quotes. A
// statement without a verdict, with two that differ or with one that is no yes
// or no does not follow; an answer without any verdict is an error.
func readVerdicts(text string, n int) ([]bool, error) {
	if len(text) > maxAnswer {
		return nil, errors.New("the model's answer is too long")
	}
	i, ok := llm.ObjectStart([]byte(text), true)
	if !ok {
		return nil, errors.New("the model's answer holds no object")
	}
	var answer struct {
		Verdicts []struct {
			N       any `json:"n"`
			Follows any `json:"follows"`
		} `json:"verdicts"`
	}
	if err := json.NewDecoder(strings.NewReader(text[i:])).Decode(&answer); err != nil {
		return nil, errors.New("the model's answer is no object with verdicts")
	}
	yes, no := make([]bool, n), make([]bool, n)
	found := 0
	for _, v := range answer.Verdicts {
		at, err := strconv.Atoi(fmt.Sprint(v.N))
		if err != nil || at < 1 || at > n {
			continue
		}
		found++
		if follows, ok := v.Follows.(bool); ok && follows {
			yes[at-1] = true
		} else {
			no[at-1] = true
		}
	}
	if found == 0 {
		return nil, errors.New("the model's answer has no verdict")
	}
	for k := range yes {
		yes[k] = yes[k] && !no[k]
	}
	return yes, nil
}

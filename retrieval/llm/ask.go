package llm

import "context"

// Ask completes a chat and returns what read makes of the whole answer. An
// answer that it cannot read is an error of [ReasonFormat], and recorded as
// one. each is as in [Chatter].
func Ask[T any](ctx context.Context, c Chatter, req ChatRequest, each func(piece string) error, read func(text string) (T, error)) (T, error) {
	var (
		out     T
		checked bool
	)
	req.Check = func(text string) (err error) {
		checked = true
		out, err = read(text)
		return err
	}
	resp, err := c.Chat(ctx, req, each)
	if err == nil && !checked { // by a Chatter that records nothing
		if err = req.Check(resp.Text); err != nil {
			err = &Error{Reason: ReasonFormat, Op: "chat with " + c.Model(), Err: err}
		}
	}
	if err != nil {
		var none T
		return none, err
	}
	return out, nil
}

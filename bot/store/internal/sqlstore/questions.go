package sqlstore

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"cairn/bot/store"
)

const questionColumns = `id, text, lang, adapter, workspace, channel, thread, user_id, public, outcome, confidence,
	library, document, start_line, end_line, title, closest, terms, at`

// counted adds the feedback to a question's columns.
const counted = questionColumns + `,
	(SELECT count(*) FROM @feedback f WHERE f.question_id = q.id AND f.helpful = 1),
	(SELECT count(*) FROM @feedback f WHERE f.question_id = q.id AND f.helpful = 0)`

func questionFields(q *store.Question) []any {
	return []any{&q.ID, &q.Text, &q.Lang, &q.Adapter, &q.Workspace, &q.Channel, &q.Thread, &q.User, boolOf{&q.Public},
		&q.Outcome, &q.Confidence, &q.Library, &q.Document, &q.StartLine, &q.EndLine, &q.Title,
		listOf{&q.Closest}, listOf{&q.Terms}, timeOf{&q.At}, &q.Helpful, &q.Wrong}
}

// SaveQuestion implements [store.Questions].
func (s *Store) SaveQuestion(ctx context.Context, q store.Question) error {
	err := s.engine.Write(ctx, func(ctx context.Context, tx Q) error {
		_, err := tx.exec(ctx, `INSERT INTO @questions (`+questionColumns+`, answer)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET text = excluded.text, lang = excluded.lang, adapter = excluded.adapter,
				workspace = excluded.workspace, channel = excluded.channel, thread = excluded.thread,
				user_id = excluded.user_id, public = excluded.public, outcome = excluded.outcome,
				confidence = excluded.confidence, library = excluded.library, document = excluded.document,
				start_line = excluded.start_line, end_line = excluded.end_line, title = excluded.title,
				closest = excluded.closest, terms = excluded.terms, at = excluded.at, answer = excluded.answer`,
			q.ID, q.Text, q.Lang, q.Adapter, q.Workspace, q.Channel, q.Thread, q.User, q.Public, q.Outcome, q.Confidence,
			q.Library, q.Document, q.StartLine, q.EndLine, q.Title, q.Closest, q.Terms, q.At, q.Answer)
		return err
	})
	return wrap(err, "save question %s", q.ID)
}

// Question implements [store.Questions].
func (s *Store) Question(ctx context.Context, id string) (q store.Question, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, tx Q) error {
		return notFound(tx.row(ctx, `SELECT `+counted+`, answer FROM @questions q WHERE id = ?`, id).
			Scan(append(questionFields(&q), &q.Answer)...))
	})
	return q, wrap(err, "read question %s", id)
}

// ListQuestions implements [store.Questions].
func (s *Store) ListQuestions(ctx context.Context, f store.QuestionFilter) (list []store.Question, err error) {
	var where []string
	var args []any
	if !f.Since.IsZero() {
		where, args = append(where, "at >= ?"), append(args, f.Since)
	}
	if len(f.Outcomes) > 0 {
		cond := "outcome IN " + in(len(f.Outcomes))
		if f.OrWrong {
			cond = "(" + cond + " OR EXISTS (SELECT 1 FROM @feedback f WHERE f.question_id = q.id AND f.helpful = 0))"
		}
		where, args = append(where, cond), append(args, anys(f.Outcomes)...)
	}
	if f.Adapter != "" || f.User != "" {
		cond := "adapter = ? AND user_id = ?"
		args = append(args, f.Adapter, f.User)
		switch {
		case f.OrPublic && f.Workspace != "":
			cond = "(" + cond + " OR public = 1 AND adapter = ? AND workspace = ?)"
			args = append(args, f.Adapter, f.Workspace)
		case f.OrPublic:
			cond = "(" + cond + " OR public = 1)"
		}
		where = append(where, cond)
	}
	query := `SELECT ` + counted + ` FROM @questions q`
	if len(where) > 0 {
		query += ` WHERE ` + strings.Join(where, " AND ")
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 1000
	}
	err = s.engine.Read(ctx, func(ctx context.Context, tx Q) error {
		list = nil
		return tx.each(ctx, func(r *sql.Rows) error {
			var q store.Question
			if err := r.Scan(questionFields(&q)...); err != nil {
				return err
			}
			list = append(list, q)
			return nil
		}, query+` ORDER BY at DESC, id LIMIT ?`, append(args, limit)...)
	})
	return list, wrap(err, "list questions")
}

// SetFeedback implements [store.Questions].
func (s *Store) SetFeedback(ctx context.Context, questionID, adapter, user string, helpful bool, at time.Time) error {
	err := s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		var one int
		if err := q.row(ctx, `SELECT 1 FROM @questions WHERE id = ?`, questionID).Scan(&one); err != nil {
			return notFound(err)
		}
		_, err := q.exec(ctx, `INSERT INTO @feedback (question_id, adapter, user_id, helpful, at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (question_id, adapter, user_id) DO UPDATE SET helpful = excluded.helpful, at = excluded.at`,
			questionID, adapter, user, helpful, at)
		return err
	})
	return wrap(err, "save feedback on %s", questionID)
}

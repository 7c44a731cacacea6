// Package judge asks a language model whether sentences follow from the
// passages that they cite, and believes it only as far as it has shown that it
// can tell.
//
// # How data enters and leaves
//
// [Judge.Check] takes statements, each with its passages, and returns a
// [ground.Verdict] for each. Names and figures must stand in the passages, and
// words enough, whatever the model says ([ground.Checker.Minimum]); what is left
// the model decides. Where it cannot be asked or believed, the verdict is that of
// [ground.Checker.Check], and the error says why.
//
// # When a model is believed
//
// Before its word counts anywhere, a model takes an exam ([Judge.Examine]):
// sentences in both languages whose answers Cairn knows. The result is kept by
// model, server and prompt ([Record]).
//
// In every call there are controls among the statements, made for the same
// passages (control.go): a sentence as it stands there, which follows, and for
// each passage one with a thing changed, or one of which it does not speak. A
// call whose controls are answered wrongly is not believed, whether the model is
// weak or a document told it to say yes.
//
// # What is sent
//
// Passages and statements, masked, between lines that no document can guess;
// never the question, nor who asked.
//
// # Concurrency
//
// A Judge is safe for concurrent use.
package judge

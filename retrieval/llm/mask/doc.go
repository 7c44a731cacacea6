// Package mask hides secrets and personal data in texts that go to a model,
// and puts them back into what the model answers.
//
// # How data enters and leaves
//
// [New] makes a [Masker] for one call. [Masker.Mask] replaces what it finds by
// placeholders such as MASKED_PASSWORD_1_k3x9m2qa, the same value by the same
// placeholder, and [Masker.Restore] puts the values back. The last part of a
// placeholder is random for every Masker, so that nothing written beforehand
// can be one; what only looks like one is masked itself. Restore(Mask(x)) is x
// for every x.
//
// [Redact] is for texts that nothing is put back into, such as those to embed
// or to rerank: its placeholders hold nothing random, so that equal texts stay
// equal. [Count] counts the placeholders in a text that was masked.
//
// # What is found
//
// Private keys; tokens by their vendors' prefixes; passwords and tokens after
// their names (in assignments, JSON, YAML, flags, headers, SQL, and prose in
// English and Chinese); passwords at the places where common commands take
// them; passwords in addresses; long random strings where a word nearby speaks
// of a secret; e-mail addresses; phone numbers; Chinese identity card numbers
// and bank cards, both by their checksums; ids of cloud accounts and
// resources; public network addresses; and people who are mentioned.
//
// # What is left
//
// What a reader needs to understand an incident and what is no secret:
// placeholders and variables in documents, private and reserved network
// addresses, host names, versions, digests, commits, names and ids in
// Kubernetes, ports and ordinary numbers, addresses of example domains. Names
// of people in running text are left too: they cannot be told from other words
// without a model.
//
// # Bounds
//
// Every rule works in time linear in the text; a text is masked whole.
//
// # Concurrency
//
// A Masker is safe for concurrent use; so are Redact and Count.
package mask

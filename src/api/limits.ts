// The limits of the API room. Those of requests and objects are in src/lib/limits.ts, where other rooms see them too.

/** Aliases in one YAML body: each may multiply what it names. */
export const YAML_ALIAS_LIMIT = 100;
/** Lexical tokens of one YAML body: words, marks, line breaks. As many take about a second to parse. */
export const YAML_TOKENS_LIMIT = 200_000;
/** Open brackets in a YAML body, counted before parsing without regard to quotes; the parsed tree is held to NESTING_LIMIT. */
export const YAML_FLOW_NESTING_LIMIT = 1_000;
/** Operations in one JSON patch (Kubernetes' own limit). */
export const JSON_PATCH_OPERATIONS_LIMIT = 10_000;
/** What the copies of one JSON patch may add up to, in characters of JSON. */
export const JSON_PATCH_COPY_LIMIT_CHARACTERS = 3 * 1024 * 1024;
/** How many list elements one JSON patch may shift: inserting at the front of a long list, again and again, is quadratic. */
export const JSON_PATCH_MOVES_LIMIT = 200_000_000;
/** Unknown and duplicate fields that one answer names (as many as Kubernetes' decoder collects). */
export const STRICT_FINDINGS_LIMIT = 100;
/** Findings of validation that one Status lists: a body of 3 MiB can hold more mistakes than anybody reads. */
export const INVALID_CAUSES_LIMIT = 1_000;
/** What their texts add up to, but for the last one: each may quote a whole list, as long as the body. */
export const INVALID_TEXT_LIMIT_CHARACTERS = 512 * 1024;

/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON Schema of .plimsoll.yaml, made from the table of rules, so that an editor knows every
 * rule and option that rules/config.c accepts. docs/schema holds what this prints.
 */
#include "base/json_write.h"
#include "output/rule_page.h"

static void add_ref(struct json_writer *w, const char *key, const char *ref)
{
    json_key(w, key);
    json_map(w);
    json_add_cstr(w, "$ref", ref);
    json_map_end(w);
}

static void add_words(struct json_writer *w, const char *key, const char *const *words)
{
    json_key(w, key);
    json_seq(w);
    for (; *words; words++)
        json_str(w, str_of(*words));
    json_seq_end(w);
}

static void begin_map(struct json_writer *w, bool may_be_null, const char *description)
{
    static const char *const types[] = {"object", "null", NULL};
    if (may_be_null)
        add_words(w, "type", types);
    else
        json_add_cstr(w, "type", "object");
    if (description)
        json_add_cstr(w, "description", description);
    json_add_bool(w, "additionalProperties", false);
    json_key(w, "properties");
    json_map(w);
}

static void add_texts(struct json_writer *w, const char *key, bool may_be_null,
                      const char *description)
{
    static const char *const types[] = {"array", "null", NULL};
    json_key(w, key);
    json_map(w);
    if (may_be_null)
        add_words(w, "type", types);
    else
        json_add_cstr(w, "type", "array");
    json_add_cstr(w, "description", description);
    json_key(w, "items");
    json_map(w);
    json_add_cstr(w, "type", "string");
    json_add_int(w, "minLength", 1);
    json_map_end(w);
    json_map_end(w);
}

static void add_scope(struct json_writer *w, const char *key, bool may_be_null)
{
    json_key(w, key);
    json_map(w);
    begin_map(w, may_be_null, NULL);
    add_texts(
        w, "paths", false,
        "patterns as in .gitignore: * and ? stop at /, ** is any number of folders; without a "
        "/ at any depth");
    add_texts(w, "namespaces", false, "names of namespaces, with * and ?");
    json_map_end(w);
    json_map_end(w);
}

static void add_option(struct json_writer *w, const struct rule_option *o)
{
    json_key(w, o->name);
    json_map(w);
    json_add_cstr(w, "type", "integer");
    json_add_cstr(w, "description", o->help);
    json_add_int(w, "default", o->value);
    json_add_int(w, "minimum", o->min);
    json_add_int(w, "maximum", o->max);
    json_map_end(w);
}

static void add_rule(struct json_writer *w, const struct rule *r)
{
    json_key(w, r->id);
    json_map(w);
    json_add_cstr(w, "description", r->title);
    json_key(w, "anyOf");
    json_seq(w);
    json_map(w);
    json_add_cstr(w, "$ref", "#/$defs/severity");
    json_map_end(w);
    json_map(w);
    begin_map(w, false, NULL);
    add_ref(w, "severity", "#/$defs/severity");
    add_ref(w, "only", "#/$defs/scope");
    add_ref(w, "exclude", "#/$defs/scope");
    for (size_t i = 0; i < RULE_OPTIONS_MAX && r->options[i].name; i++)
        add_option(w, &r->options[i]);
    json_map_end(w);
    json_map_end(w);
    json_seq_end(w);
    json_map_end(w);
}

static void add_definitions(struct json_writer *w)
{
    static const char *const words[] = {"off", "info", "warning", "error", NULL};
    json_key(w, "$defs");
    json_map(w);
    json_key(w, "severity");
    json_map(w);
    json_add_cstr(
        w, "description",
        "off, info, warning or error, in place of what the rule gives. YAML 1.1 reads off "
        "as false, which is the same");
    json_key(w, "enum");
    json_seq(w);
    for (const char *const *word = words; *word; word++)
        json_str(w, str_of(*word));
    json_bool(w, false);
    json_seq_end(w);
    json_map_end(w);
    add_scope(w, "scope", false);
    json_map_end(w);
}

void config_schema_add(struct buf *b)
{
    struct json_writer w;
    json_writer_init(&w, b, JSON_INDENTED);
    json_map(&w);
    json_add_cstr(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    json_add_cstr(&w, "$id", "https://plimsoll.dev/schema/plimsoll-yaml.json");
    json_add_cstr(&w, "title", ".plimsoll.yaml");
    begin_map(&w, true, "The configuration of plimsoll check. Made by: plimsoll rules -o schema");
    json_key(&w, "rules");
    json_map(&w);
    begin_map(&w, true,
              "by the id of the rule: its severity, or a map of severity, scope and thresholds");
    for (size_t i = 0; i < rule_count; i++)
        add_rule(&w, rule_table[i]);
    json_map_end(&w);
    json_map_end(&w);
    add_scope(&w, "only", true);
    add_scope(&w, "exclude", true);
    add_texts(&w, "sidecars", true, "names of containers that are sidecars, besides those known");
    json_map_end(&w);
    add_definitions(&w);
    json_map_end(&w);
    json_writer_end(&w);
}

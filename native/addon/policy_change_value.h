// Changes of policy as JavaScript gives them, and what came of them as it takes it.
#pragma once

#include <napi.h>

#include <vector>

#include "engine/policy_change.h"

namespace portacl {

// {program: Program, endpoints, layers, rules, spared: Uint32Array (see RowMap), mode: number,
//  markKind?: number, markValue?: BigInt, texts?: {endpoints, layers, rules: string[]}}
// Errors: throws a TypeError for anything else.
PolicyChange change_of(const Napi::Value& value);

// An array of them; empty for undefined.
std::vector<PolicyChange> changes_of(const Napi::Value& value);

// Makes the change at once. Errors: throws an Error with {code, offset, detail}.
Napi::Value apply_change(Napi::Env env, Engine& engine, PolicyChange change);

// {groups: Uint32Array, of each group fate, layer, rule, rule_now, flows, examples;
//  examples: Uint8Array of FlowRows, those of the first group first}
Napi::Value report_value(Napi::Env env, const UpdateReport& report);

// Of every change {capture: number, frame: number, timeNs: BigInt | null, groups, examples}, or
// null where its mark was not reached.
Napi::Value changes_value(Napi::Env env, const std::vector<PolicyChange>& changes);

}  // namespace portacl

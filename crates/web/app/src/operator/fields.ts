import type { UseFormReturnType } from "@mantine/form";
import { asProblem, Problem } from "../api/problem";

/** A field of a form. */
export interface Field {
  label: string;
  /** What would be right, where the server refuses what is in it. */
  right?: string;
  /** What its value is called, where another version is told about. */
  value?: (value: never) => string;
}

/** Fields as the server names them. */
export type Fields = Record<string, Field>;

/** The field that the server refuses, as the form names it; none where it refuses something else. */
export function refusedField(error: unknown, fields: Fields): string | undefined {
  const { code, body } = asProblem(error);
  if (!["invalid_field", "missing_field", "conflict"].includes(code)) return undefined;
  // What cannot be read at all is named from the beginning of the body: `sounder.seconds`.
  return Object.keys(fields).find((name) => body.field === name || body.field?.endsWith(`.${name}`));
}

/** The problem, with the field called as on the page. */
export function inWords(error: unknown, fields: Fields): unknown {
  const name = refusedField(error, fields);
  const { status, body } = asProblem(error);
  return name ? new Problem(status, { ...body, code: "invalid_field", field: fields[name]?.label }) : error;
}

/** Leads to the first field that is refused: in a long form it may be out of sight. */
export function showRefused<V>(form: UseFormReturnType<V>, errors: Record<string, unknown>) {
  const inputs = Object.keys(errors).flatMap((name) => form.getInputNode(name as never) ?? []);
  const follows = (one: Node, other: Node) =>
    one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
  inputs.sort(follows)[0]?.focus();
}

/** Says at the field what would be right, where the server refuses one. */
export function refuse<V>(form: UseFormReturnType<V>, fields: Fields) {
  return (error: unknown) => {
    const name = refusedField(error, fields);
    if (!name) return;
    const errors = { [name]: fields[name]?.right ?? true };
    form.setErrors(errors as never);
    showRefused(form, errors);
  };
}

/** Whether something can be fetched from there. */
export const isWebAddress = (text: string) => /^https?:\/\/\S+$/.test(text);

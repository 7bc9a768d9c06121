import { TextInput } from "@mantine/core";
import { Row } from "../Row";
import type { SounderDraft, SounderFormed, useSounderFields } from "./sounderDraft";

interface Props {
  form: SounderFormed;
  fields: ReturnType<typeof useSounderFields>;
}

/** How a sounder is switched on and off, and how it answers. */
export function OutputFields({ form, fields }: Props) {
  const text = (name: Exclude<keyof SounderDraft["output"], "type">) => (
    <TextInput
      label={fields[`output.${name}`].label}
      spellCheck={false}
      {...form.getInputProps(`output.${name}`)}
    />
  );
  return form.values.output.type === "mqtt" ? (
    <>
      <Row>
        {text("topic")}
        {text("on")}
        {text("off")}
      </Row>
      <Row>
        {text("answer_topic")}
        {text("answer_holds")}
      </Row>
    </>
  ) : (
    <Row>
      {text("url")}
      {text("off_url")}
      {text("body")}
    </Row>
  );
}

import { useForm } from "@mantine/form";
import { act, renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { useEdit } from "./useEdit";

interface Thing {
  version: number;
  name: string;
  seconds: number;
  rules: string[];
}

const valuesOf = ({ name, seconds, rules }: Thing) => ({ name, seconds, rules });
const fields = {
  name: { label: "Tên", value: String },
  seconds: { label: "Giây" },
  rules: { label: "Quy tắc" },
};
const first: Thing = { version: 1, name: "Kẻng", seconds: 10, rules: ["a"] };

const open = () =>
  renderHook(
    ({ now }: { now: Thing }) => {
      const form = useForm({ initialValues: valuesOf(now) });
      return { form, ...useEdit(form, now, valuesOf, fields) };
    },
    { initialProps: { now: first } },
  );

test("what is typed stays when somebody else stores a version, and is not sent as an answer to it", () => {
  const { result, rerender } = open();
  act(() => result.current.form.setFieldValue("name", "Kẻng đình"));
  rerender({ now: { ...first, version: 2, name: "Kẻng chợ", rules: ["a", "b"] } });
  expect(result.current.form.getValues()).toEqual({ name: "Kẻng đình", seconds: 10, rules: ["a"] });
  expect(result.current.edit.version).toBe(1);
  expect(result.current.edit.differs).toEqual(["Tên (Kẻng chợ)", "Quy tắc"]);
});

test("keeping what was typed takes over the rest of the other version", () => {
  const { result, rerender } = open();
  act(() => result.current.form.setFieldValue("name", "Kẻng đình"));
  rerender({ now: { ...first, version: 2, name: "Kẻng chợ", rules: ["a", "b"] } });
  act(() => result.current.edit.goOn(true));
  expect(result.current.form.getValues()).toEqual({ name: "Kẻng đình", seconds: 10, rules: ["a", "b"] });
  expect(result.current.edit).toMatchObject({ version: 2, differs: [] });
  expect(result.current.form.isDirty("name")).toBe(true);
  expect(result.current.form.isDirty("rules")).toBe(false);
});

test("dropping what was typed leaves the other version", () => {
  const { result, rerender } = open();
  act(() => result.current.form.setFieldValue("name", "Kẻng đình"));
  const other = { ...first, version: 2, seconds: 30 };
  rerender({ now: other });
  act(() => result.current.edit.goOn(false));
  expect(result.current.form.getValues()).toEqual(valuesOf(other));
  expect(result.current.form.isDirty()).toBe(false);
});

test("a version that says what is typed, or differs in nothing that is shown, is no news", () => {
  const { result, rerender } = open();
  act(() => result.current.form.setFieldValue("name", " Kẻng đình "));
  rerender({ now: { ...first, version: 2, name: "Kẻng đình" } });
  expect(result.current.edit).toMatchObject({ version: 2, differs: [] });
});

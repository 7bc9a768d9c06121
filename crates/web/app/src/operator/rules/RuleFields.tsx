import { Chip, Group, Input, NumberInput, Select, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { CameraMultiSelect, PlaceSelect } from "../../components/pick";
import type { RuleDraft } from "./ruleDraft";

const CLASSES = [
  "person",
  "bicycle",
  "motorcycle",
  "car",
  "bus",
  "truck",
] as const satisfies Schemas["ObjectClass"][];

/** What the fields of a rule are called, and what would be right in them. */
export function useRuleFields() {
  const { t } = useTranslation(["operator", "common"]);
  return {
    name: { label: t("rule.name"), right: t("right.name"), value: String },
    place_id: { label: t("common:place.label"), right: t("rule.placeNeeded") },
    severity: {
      label: t("rule.severity"),
      value: (severity: Schemas["Severity"]) => t(`common:severity.${severity}`),
    },
    cameras: { label: t("rule.cameras") },
    classes: { label: t("rule.classes") },
    min_score: { label: t("rule.minScore"), right: t("right.range", { from: 0, to: 100 }), value: String },
    min_height: { label: t("rule.minHeight"), right: t("right.range", { from: 0, to: 100 }), value: String },
    cool_down_seconds: {
      label: t("rule.coolDown"),
      right: t("right.range", { from: 0, to: 86_400 }),
      value: String,
    },
    schedule: { label: t("rules.schedule"), right: t("right.schedule") },
    condition: { label: t("rule.condition") },
  };
}

interface Props {
  form: UseFormReturnType<RuleDraft>;
  fixedPlace: boolean;
  /** Whether the rule is about objects, and not about the camera. */
  objects: boolean;
}

/** What a rule is called, where it holds and for what. */
export function RuleFields({ form, fixedPlace, objects }: Props) {
  const { t } = useTranslation(["operator", "common"]);
  const fields = useRuleFields();
  return (
    <>
      {objects && (
        <Input.Wrapper label={fields.classes.label} description={t("rule.classesHint")} labelElement="div">
          <Chip.Group
            multiple
            value={form.values.classes}
            onChange={(chosen) =>
              form.setFieldValue(
                "classes",
                CLASSES.filter((one) => chosen.includes(one)),
              )
            }
          >
            <Group gap={6} mt={4}>
              {CLASSES.map((one) => (
                <Chip key={one} value={one} size="sm" radius="sm">
                  {t(`common:class.${one}`)}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
        </Input.Wrapper>
      )}
      <TextInput
        label={fields.name.label}
        description={t("rule.nameHint")}
        maxLength={200}
        {...form.getInputProps("name")}
      />
      <Group grow align="flex-start">
        <Select
          label={fields.severity.label}
          allowDeselect={false}
          data={(["notice", "alert", "alarm"] as const).map((value) => ({
            value,
            label: t(`common:severity.${value}`),
          }))}
          {...form.getInputProps("severity")}
        />
        <NumberInput
          label={fields.cool_down_seconds.label}
          min={0}
          max={86_400}
          title={t("rule.coolDownHint")}
          {...form.getInputProps("cool_down_seconds")}
        />
      </Group>
      <PlaceSelect
        action="manage_rules"
        description={t("rule.placeHint")}
        disabled={fixedPlace}
        allowDeselect={false}
        {...form.getInputProps("place_id")}
      />
      <CameraMultiSelect
        label={fields.cameras.label}
        description={t("rule.camerasHint")}
        {...form.getInputProps("cameras")}
      />
      {objects && (
        <details>
          <summary>{t("rule.more")}</summary>
          <Group grow align="flex-start" mt="xs">
            <NumberInput
              label={fields.min_score.label}
              min={0}
              max={100}
              step={5}
              {...form.getInputProps("min_score")}
            />
            <NumberInput
              label={fields.min_height.label}
              description={t("rule.minHint")}
              min={0}
              max={100}
              inputWrapperOrder={["label", "input", "description"]}
              {...form.getInputProps("min_height")}
            />
          </Group>
        </details>
      )}
    </>
  );
}

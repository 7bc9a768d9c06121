import { Group, NumberInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { CONDITIONS, type Draft, type Makeable, NEEDS } from "./draft";

interface Props {
  draft: Draft;
  onChange: (draft: Draft) => void;
}

/** What must happen, and its figures with their units. */
export function ConditionFields({ draft, onChange }: Props) {
  const { t } = useTranslation("operator");
  const needs = NEEDS[draft.type];
  const set = (change: Partial<Draft>) => onChange({ ...draft, ...change });
  const figure = (field: "seconds" | "count" | "kmh" | "width" | "length", min: number, max: number) => (
    <NumberInput
      label={t(`rule.${field}`)}
      min={min}
      max={max}
      value={draft[field]}
      onChange={(value) => value !== "" && set({ [field]: Number(value) })}
    />
  );
  return (
    <>
      <Select
        label={t("rule.condition")}
        description={t(`condition.${draft.type}.explain`)}
        allowDeselect={false}
        maxDropdownHeight={400}
        data={CONDITIONS.map((type) => ({ value: type, label: t(`condition.${type}.name`) }))}
        value={draft.type}
        onChange={(type) => {
          const next = type as Makeable;
          const [least, most] = NEEDS[next].seconds ?? [0, 86_400];
          set({ type: next, seconds: Math.min(most, Math.max(least, draft.seconds)) });
        }}
      />
      {needs.zone === "may" && (
        <SegmentedControl
          w="fit-content"
          aria-label={t("rule.where")}
          value={draft.inZone ? "zone" : "all"}
          onChange={(where) => set({ inZone: where === "zone" })}
          data={[
            { value: "all", label: t("rule.wholePicture") },
            { value: "zone", label: t("rule.inZone") },
          ]}
        />
      )}
      <Group grow align="flex-start">
        {(needs.zone === "must" || (needs.zone && draft.inZone)) && (
          <TextInput
            label={t("rule.zoneName")}
            maxLength={100}
            value={draft.zoneName}
            onChange={(event) => set({ zoneName: event.currentTarget.value })}
          />
        )}
        {needs.line && (
          <>
            <TextInput
              label={t("rule.lineName")}
              maxLength={100}
              value={draft.lineName}
              onChange={(event) => set({ lineName: event.currentTarget.value })}
            />
            <Select
              label={t("rule.direction")}
              allowDeselect={false}
              data={(["any", "to_right", "to_left"] as const).map((value) => ({
                value,
                label: t(`condition.direction.${value}`),
              }))}
              value={draft.direction}
              onChange={(direction) => set({ direction: direction as Draft["direction"] })}
            />
          </>
        )}
        {needs.seconds && figure("seconds", ...needs.seconds)}
        {needs.count && figure("count", 0, 200)}
        {needs.ground && figure("kmh", 3, 200)}
      </Group>
      {needs.ground && (
        <Group grow>
          {figure("width", 0.5, 500)}
          {figure("length", 0.5, 500)}
        </Group>
      )}
    </>
  );
}

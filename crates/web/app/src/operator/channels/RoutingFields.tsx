import { MultiSelect, NumberInput, Select, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { Row } from "../Row";
import { Timetable } from "../rules/Timetable";

type Routing = Schemas["Routing"];

/** What goes out on a channel, and when. */
export function RoutingFields({ value, onChange }: { value: Routing; onChange: (value: Routing) => void }) {
  const { t } = useTranslation(["operator", "common"]);
  const rules = api.useQuery("get", "/api/v1/rules");
  const set = (change: Partial<Routing>) => onChange({ ...value, ...change });
  return (
    <>
      <Row>
        <Select
          label={t("channels.least")}
          allowDeselect={false}
          data={(["notice", "alert", "alarm"] as const).map((one) => ({
            value: one,
            label: t(`common:severity.${one}`),
          }))}
          value={value.least_severity ?? "alert"}
          onChange={(least) => set({ least_severity: least as Schemas["Severity"] })}
        />
        <NumberInput
          label={t("channels.digest")}
          placeholder={t("channels.digestHint")}
          min={1}
          max={1440}
          value={value.digest_minutes ?? ""}
          onChange={(minutes) => set({ digest_minutes: minutes === "" ? null : Number(minutes) })}
        />
      </Row>
      <MultiSelect
        label={t("channels.rules")}
        placeholder={value.rules?.length ? undefined : t("channels.allRules")}
        clearable
        searchable
        data={(rules.data?.items ?? []).map((rule) => ({ value: rule.id, label: rule.name }))}
        value={value.rules ?? []}
        onChange={(chosen) => set({ rules: chosen })}
      />
      <Timetable
        label={t("channels.quiet")}
        without={t("channels.noQuiet")}
        value={value.quiet ?? null}
        onChange={(quiet) => set({ quiet })}
      />
      <Switch
        label={t("channels.resolved")}
        checked={value.resolved ?? false}
        onChange={(event) => set({ resolved: event.currentTarget.checked })}
      />
    </>
  );
}

import { Select, type SelectProps } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";

const KINDS = ["province", "commune", "hamlet", "group", "site"] as const satisfies Schemas["PlaceKind"][];

/** What usually lies below a place of a kind. */
export const KIND_BELOW: Record<Schemas["PlaceKind"], Schemas["PlaceKind"]> = {
  province: "commune",
  commune: "hamlet",
  hamlet: "group",
  group: "site",
  site: "site",
};

export function KindSelect(props: SelectProps) {
  const { t } = useTranslation(["operator", "common"]);
  return (
    <Select
      label={t("places.kind")}
      allowDeselect={false}
      data={KINDS.map((value) => ({ value, label: t(`common:placeKind.${value}`) }))}
      {...props}
    />
  );
}

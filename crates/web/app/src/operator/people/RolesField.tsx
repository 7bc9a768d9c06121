import { ActionIcon, Button, Fieldset, Group, Select, Stack, Text } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { useSession } from "../../api/session";
import { PlaceSelect, usePlaceOptions } from "../../components/pick";

type Held = Schemas["HeldRole"];

const ROLES = [
  "administrator",
  "operator",
  "duty_officer",
  "investigator",
  "observer",
] as const satisfies Schemas["Role"][];

/** Roles at places: each holds at its place and all below it. */
export function RolesField({ value, onChange }: { value: Held[]; onChange: (value: Held[]) => void }) {
  const { t } = useTranslation(["operator", "common"]);
  const { rights } = useSession();
  const everywhere = rights.some((right) => right.action === "manage_people" && right.everywhere);
  const [first] = usePlaceOptions("manage_people");
  const set = (place: number, change: Partial<Held>) =>
    onChange(value.map((held, at) => (at === place ? { ...held, ...change } : held)));
  return (
    <Fieldset legend={t("people.roles")}>
      <Stack gap="xs">
        {value.length === 0 && <Text size="sm">{t("people.noRoles")}</Text>}
        {value.map((held, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a role is its place in the list.
          <Group key={place} align="flex-end" wrap="nowrap" gap="xs">
            <Select
              label={t("people.role")}
              allowDeselect={false}
              w={180}
              data={ROLES.map((role) => ({ value: role, label: t(`common:role.${role}`) }))}
              value={held.role}
              onChange={(role) => set(place, { role: role as Held["role"] })}
            />
            <PlaceSelect
              label={t("people.at")}
              action="manage_people"
              flex={1}
              placeholder={everywhere ? t("common:place.everywhere") : undefined}
              clearable={everywhere}
              value={held.place_id ?? null}
              onChange={(place_id) => set(place, { place_id })}
            />
            <ActionIcon
              variant="subtle"
              size="lg"
              aria-label={t("people.removeRole")}
              onClick={() => onChange(value.toSpliced(place, 1))}
            >
              <IconX size={18} />
            </ActionIcon>
          </Group>
        ))}
        {value.map((held) => (
          <Text key={held.role} size="sm">
            {t(`common:role.${held.role}`)}: {t(`people.roleMeans.${held.role}`)}.
          </Text>
        ))}
        <Button
          variant="default"
          size="compact-sm"
          w="fit-content"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() =>
            onChange([...value, { role: "duty_officer", place_id: everywhere ? null : first?.value }])
          }
        >
          {t("people.addRole")}
        </Button>
      </Stack>
    </Fieldset>
  );
}

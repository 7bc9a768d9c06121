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

/** What stands for no place in particular, in a list. */
const EVERYWHERE = "everywhere";

interface Props {
  /** `place_id`: null for the whole system, undefined where no place was chosen yet, which must not be stored. */
  value: Held[];
  onChange: (value: Held[]) => void;
  /** What is wrong with the place of one of them. */
  errorOf: (at: number) => React.ReactNode;
}

/** Roles at places: each holds at its place and all below it. */
export function RolesField({ value, onChange, errorOf }: Props) {
  const { t } = useTranslation(["operator", "common"]);
  const { rights } = useSession();
  const everywhere = rights.some((right) => right.action === "manage_people" && right.everywhere);
  const places = usePlaceOptions("manage_people");
  const options = everywhere
    ? [{ value: EVERYWHERE, label: t("common:place.everywhere") }, ...places]
    : places;
  const set = (place: number, change: Partial<Held>) =>
    onChange(value.map((held, at) => (at === place ? { ...held, ...change } : held)));
  return (
    <Fieldset legend={t("people.roles")}>
      <Stack gap="xs">
        {value.length === 0 && <Text size="sm">{t("people.noRoles")}</Text>}
        {value.map((held, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a role is its place in the list.
          <Group key={place} align="flex-start" gap="xs">
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
              flex="1 1 200px"
              allowDeselect={false}
              data={options}
              placeholder={t("common:place.pick")}
              value={held.place_id === null ? EVERYWHERE : (held.place_id ?? null)}
              onChange={(at) => set(place, { place_id: at === EVERYWHERE ? null : (at ?? undefined) })}
              error={errorOf(place)}
            />
            <ActionIcon
              variant="subtle"
              size="lg"
              mt={25}
              aria-label={t("people.removeRole")}
              onClick={() => onChange(value.toSpliced(place, 1))}
            >
              <IconX size={18} />
            </ActionIcon>
          </Group>
        ))}
        {[...new Set(value.map((held) => held.role))].map((role) => (
          <Text key={role} size="sm">
            {t(`common:role.${role}`)}: {t(`people.roleMeans.${role}`)}.
          </Text>
        ))}
        <Button
          variant="default"
          size="compact-sm"
          w="fit-content"
          leftSection={<IconPlus size={14} aria-hidden />}
          // Nobody is given more than was chosen for them: the place is for who adds them to say.
          onClick={() => onChange([...value, { role: "duty_officer" }])}
        >
          {t("people.addRole")}
        </Button>
      </Stack>
    </Fieldset>
  );
}

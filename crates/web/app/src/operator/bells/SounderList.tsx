import { Badge, Group, Stack, Table, Text, VisuallyHidden } from "@mantine/core";
import { IconBellRinging, IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { useMay, usePlaces } from "../../api/session";
import { placePath } from "../../components/pick";
import { Answer, NothingHere } from "../../components/states";
import { DialogButton } from "../DialogButton";
import { BAD, GOOD, OFF } from "../tones";
import { RingDialog } from "./RingDialog";
import { SounderForm } from "./SounderForm";

/** What can be rung, and ringing it. */
export function SounderList() {
  const { t } = useTranslation(["operator", "common"]);
  const may = useMay();
  const places = usePlaces();
  const asked = api.useQuery("get", "/api/v1/sounders");
  const causes = (sounder: Schemas["Sounder"]) => {
    const named = [
      sounder.rules?.length ? t("sounders.byRules", { count: sounder.rules.length }) : "",
      sounder.bells_within ? t("sounders.byBells", { metres: sounder.bells_within }) : "",
      sounder.timetable ? t("sounders.byTimetable") : "",
    ].filter(Boolean);
    return named.length > 0 ? named.join(", ") : t("sounders.byHand");
  };
  return (
    <Stack>
      {may("manage_cameras") && (
        <DialogButton
          w="fit-content"
          leftSection={<IconPlus size={18} aria-hidden />}
          label={t("sounders.add")}
          title={t("sounders.add")}
          width="xl"
        >
          <SounderForm />
        </DialogButton>
      )}
      <Answer of={asked}>
        {({ items }) =>
          items.length === 0 ? (
            <NothingHere title={t("sounders.none")} hint={t("sounders.noneHint")} />
          ) : (
            <Table.ScrollContainer minWidth={720}>
              <Table verticalSpacing="xs">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("sounders.name")}</Table.Th>
                    <Table.Th>{t("sounders.kind")}</Table.Th>
                    <Table.Th>{t("sounders.auto")}</Table.Th>
                    <Table.Th>{t("people.state")}</Table.Th>
                    <Table.Th>
                      <VisuallyHidden>{t("table.actions")}</VisuallyHidden>
                    </Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((sounder) => (
                    <Table.Tr key={sounder.id}>
                      <Table.Td>
                        <Text fw={600}>{sounder.name}</Text>
                        <Text size="xs" c="dimmed">
                          {placePath(places, sounder.place_id)}
                        </Text>
                      </Table.Td>
                      <Table.Td>{t(`sounders.kinds.${sounder.kind}`)}</Table.Td>
                      <Table.Td>{causes(sounder)}</Table.Td>
                      <Table.Td>
                        <Badge color={sounder.enabled ? GOOD : OFF} tt="none">
                          {t(sounder.enabled ? "bells.enabled" : "common:state.off")}
                        </Badge>
                      </Table.Td>
                      <Table.Td>
                        <Group gap="xs" justify="flex-end" wrap="nowrap">
                          {sounder.enabled && may("ring", sounder.place_id) && (
                            <DialogButton
                              size="compact-sm"
                              color={BAD}
                              leftSection={<IconBellRinging size={16} aria-hidden />}
                              label={t("sounders.ring")}
                              name={t("sounders.ringName", { name: sounder.name })}
                              title={t("sounders.ringName", { name: sounder.name })}
                            >
                              <RingDialog sounder={sounder.id} />
                            </DialogButton>
                          )}
                          {may("manage_cameras", sounder.place_id) && (
                            <DialogButton
                              size="compact-sm"
                              variant="default"
                              label={t("common:do.edit")}
                              name={`${t("common:do.edit")} ${sounder.name}`}
                              title={t("sounders.edit")}
                              width="xl"
                            >
                              <SounderForm sounder={sounder} />
                            </DialogButton>
                          )}
                        </Group>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Answer>
    </Stack>
  );
}

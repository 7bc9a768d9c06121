import { Badge, Group, Stack, Table, Text, VisuallyHidden } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { useMay, usePlaces } from "../../api/session";
import { placePath } from "../../components/pick";
import { Answer, NothingHere } from "../../components/states";
import { moment } from "../../i18n/time";
import { DialogButton } from "../DialogButton";
import { percent } from "../figures";
import { Notice } from "../Notice";
import { BAD_TEXT, GOOD, OFF } from "../tones";
import { BellForm } from "./BellForm";

/** Alarm bells of households, and buttons that are nobody's yet. */
export function BellList() {
  const { t } = useTranslation(["operator", "common"]);
  const may = useMay();
  const places = usePlaces();
  const asked = api.useQuery("get", "/api/v1/bells", {}, { refetchInterval: 30_000 });
  const strangers = api.useQuery(
    "get",
    "/api/v1/bells/unknown",
    {},
    { enabled: may("manage_cameras"), refetchInterval: 5000 },
  );
  return (
    <Stack>
      {may("manage_cameras") && (
        <DialogButton
          w="fit-content"
          leftSection={<IconPlus size={18} aria-hidden />}
          label={t("bells.add")}
          title={t("bells.add")}
          width="lg"
        >
          <BellForm />
        </DialogButton>
      )}
      {strangers.data && strangers.data.items.length > 0 && (
        <Notice title={t("bells.unknown")}>
          {strangers.data.items.map((one) => (
            <Group key={one.device} gap="xs">
              <DialogButton
                size="compact-sm"
                variant="default"
                label={t("bells.addThis", { device: one.device })}
                title={t("bells.add")}
                width="lg"
              >
                <BellForm device={one.device} />
              </DialogButton>
              <Text size="sm">{t("bells.pressed", { when: moment(one.at) })}</Text>
            </Group>
          ))}
        </Notice>
      )}
      <Answer of={asked}>
        {({ items }) =>
          items.length === 0 ? (
            <NothingHere title={t("bells.none")} hint={t("bells.noneHint")} />
          ) : (
            <Table.ScrollContainer minWidth={760}>
              <Table verticalSpacing="xs">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("bells.name")}</Table.Th>
                    <Table.Th>{t("bells.household")}</Table.Th>
                    <Table.Th>{t("bells.device")}</Table.Th>
                    <Table.Th>{t("bells.battery")}</Table.Th>
                    <Table.Th>{t("bells.heard")}</Table.Th>
                    <Table.Th>{t("people.state")}</Table.Th>
                    <Table.Th>
                      <VisuallyHidden>{t("table.actions")}</VisuallyHidden>
                    </Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((bell) => (
                    <Table.Tr key={bell.id}>
                      <Table.Td>
                        <Text fw={600}>{bell.name}</Text>
                        <Text size="xs" c="dimmed">
                          {placePath(places, bell.place_id)}
                        </Text>
                      </Table.Td>
                      <Table.Td>{bell.household}</Table.Td>
                      <Table.Td>{bell.device}</Table.Td>
                      <Table.Td c={(bell.battery ?? 1) < 0.2 ? BAD_TEXT : undefined}>
                        {typeof bell.battery === "number" ? percent(bell.battery) : t("common:state.unknown")}
                      </Table.Td>
                      <Table.Td>{bell.heard_at ? moment(bell.heard_at) : t("bells.never")}</Table.Td>
                      <Table.Td>
                        <Badge color={bell.enabled ? GOOD : OFF} tt="none">
                          {t(bell.enabled ? "bells.enabled" : "common:state.off")}
                        </Badge>
                      </Table.Td>
                      <Table.Td>
                        {may("manage_cameras", bell.place_id) && (
                          <DialogButton
                            size="compact-sm"
                            variant="default"
                            label={t("common:do.edit")}
                            name={`${t("common:do.edit")} ${bell.name}`}
                            title={t("bells.edit")}
                            width="lg"
                          >
                            <BellForm bell={bell} />
                          </DialogButton>
                        )}
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

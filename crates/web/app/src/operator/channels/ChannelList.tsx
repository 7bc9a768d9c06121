import { Badge, Group, Stack, Table, Text, VisuallyHidden } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../api/client";
import { usePlaces } from "../../api/session";
import { placePath } from "../../components/pick";
import { Answer, NothingHere } from "../../components/states";
import { DialogButton } from "../DialogButton";
import { useRuleWords } from "../rules/words";
import { GOOD, OFF } from "../tones";
import { ChannelForm } from "./ChannelForm";
import { destination } from "./kinds";
import { TestChannel } from "./TestChannel";

/** Channels: where they lead, what goes out on them, and a test of each. */
export function ChannelList() {
  const { t } = useTranslation(["operator", "common"]);
  const places = usePlaces();
  const words = useRuleWords();
  const asked = api.useQuery("get", "/api/v1/channels");
  const routing = (channel: Schemas["Channel"]) => {
    const { least_severity = "alert", quiet, digest_minutes, rules } = channel.routing ?? {};
    return [
      t("channels.from", { severity: t(`common:severity.${least_severity}`) }),
      rules?.length ? t("sounders.byRules", { count: rules.length }) : "",
      digest_minutes ? `${t("channels.digest")}: ${digest_minutes}` : "",
      quiet ? `${t("channels.quiet")}: ${words.schedule(quiet)}` : "",
    ].filter(Boolean);
  };
  return (
    <Stack>
      <DialogButton
        w="fit-content"
        leftSection={<IconPlus size={18} aria-hidden />}
        label={t("channels.add")}
        title={t("channels.add")}
        width="xl"
      >
        <ChannelForm />
      </DialogButton>
      <Answer of={asked}>
        {({ items }) =>
          items.length === 0 ? (
            <NothingHere title={t("channels.none")} hint={t("channels.noneHint")} />
          ) : (
            <Table.ScrollContainer minWidth={860}>
              <Table verticalSpacing="xs">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("channels.name")}</Table.Th>
                    <Table.Th>{t("channels.kind")}</Table.Th>
                    <Table.Th>{t("channels.to")}</Table.Th>
                    <Table.Th>{t("channels.what")}</Table.Th>
                    <Table.Th>{t("people.state")}</Table.Th>
                    <Table.Th>
                      <VisuallyHidden>{t("table.actions")}</VisuallyHidden>
                    </Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((channel) => (
                    <Table.Tr key={channel.id}>
                      <Table.Td>
                        <Text fw={600}>{channel.name}</Text>
                        <Text size="xs" c="dimmed">
                          {placePath(places, channel.place_id)}
                        </Text>
                      </Table.Td>
                      <Table.Td>{t(`channels.kinds.${channel.settings.type}`)}</Table.Td>
                      <Table.Td maw={220}>
                        <Text size="sm" truncate title={destination(channel.settings)}>
                          {destination(channel.settings)}
                        </Text>
                      </Table.Td>
                      <Table.Td>
                        {routing(channel).map((line) => (
                          <Text key={line} size="sm">
                            {line}
                          </Text>
                        ))}
                      </Table.Td>
                      <Table.Td>
                        <Badge color={channel.enabled ? GOOD : OFF} tt="none" miw="max-content">
                          {t(channel.enabled ? "channels.enabled" : "common:state.off")}
                        </Badge>
                      </Table.Td>
                      <Table.Td>
                        <Group gap="xs" justify="flex-end" align="flex-start" wrap="nowrap">
                          <TestChannel channel={channel} />
                          <DialogButton
                            size="compact-sm"
                            variant="default"
                            flex="none"
                            label={t("common:do.edit")}
                            name={`${t("common:do.edit")} ${channel.name}`}
                            title={t("channels.edit")}
                            width="xl"
                          >
                            <ChannelForm channel={channel} />
                          </DialogButton>
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

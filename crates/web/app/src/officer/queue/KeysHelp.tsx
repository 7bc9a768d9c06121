import { Group, Kbd, Modal, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

const KEYS = [
  ["take", ["T"]],
  ["confirm", ["X", "Enter"]],
  ["dismiss", ["B"]],
  ["escalate", ["L"]],
  ["note", ["G"]],
  ["close", ["C"]],
  ["reopen", ["R"]],
  ["undo", ["Z"]],
  ["next", ["J", "→"]],
  ["previous", ["K", "←"]],
  ["play", ["Space"]],
  ["part", ["[", "]"]],
  ["cameras", ["1–4", "0"]],
  ["live", ["V"]],
  ["help", ["?"]],
] as const;

/** Every key of the queue. */
export function KeysHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation(["officer", "common"]);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("keys.title")}
      size="md"
      closeButtonProps={{ "aria-label": t("common:do.close") }}
    >
      <Table verticalSpacing={6}>
        <Table.Tbody>
          {KEYS.map(([what, keys]) => (
            <Table.Tr key={what}>
              <Table.Td>{t(`keys.${what}`)}</Table.Td>
              <Table.Td>
                <Group gap={4} justify="flex-end" wrap="nowrap">
                  {keys.map((key) => (
                    <Kbd key={key}>{key}</Kbd>
                  ))}
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="sm" c="dimmed" mt="sm">
        {t("keys.hint")}
      </Text>
    </Modal>
  );
}

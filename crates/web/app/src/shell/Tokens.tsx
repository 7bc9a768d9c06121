import {
  Alert,
  Button,
  Group,
  Modal,
  NumberInput,
  Stack,
  Table,
  Text,
  TextInput,
  VisuallyHidden,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { api, queryClient } from "../api/client";
import { useSession } from "../api/session";
import { Copyable } from "../components/Copyable";
import { Answer, NothingHere, ProblemAlert } from "../components/states";
import { moment, rfc3339 } from "../i18n/time";
import { confirmRemoval } from "../operator/confirm";

/** The dialog of one's own tokens. */
export default function TokensDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["operator", "common"]);
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("tokens.title")}
      size="xl"
      closeButtonProps={{ "aria-label": t("common:do.close") }}
    >
      <Tokens />
    </Modal>
  );
}

/** One's own tokens: made, shown once, revoked. */
function Tokens() {
  const { t } = useTranslation(["operator", "common"]);
  const { user } = useSession();
  const asked = api.useQuery("get", "/api/v1/tokens", { params: { query: { user_id: user.id } } });
  const make = api.useMutation("post", "/api/v1/tokens");
  const revoke = api.useMutation("delete", "/api/v1/tokens/{token_id}");
  const renew = () => queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/tokens"] });
  const form = useForm({
    initialValues: { name: "", days: 90 as number | "" },
    validate: { name: (name) => (name.trim() ? null : t("common:session.required")) },
  });
  const submit = form.onSubmit(({ name, days }) =>
    make.mutate(
      {
        body: {
          name: name.trim(),
          expires_at: days === "" ? null : rfc3339(Date.now() + days * 86_400_000),
        },
      },
      {
        onSuccess: async () => {
          form.reset();
          await renew();
        },
      },
    ),
  );
  return (
    <Stack>
      <Text>{t("tokens.hint")}</Text>
      <form onSubmit={submit} noValidate>
        <Group align="flex-end">
          <TextInput label={t("tokens.name")} w={280} {...form.getInputProps("name")} />
          <NumberInput label={t("tokens.days")} min={1} max={3650} w={300} {...form.getInputProps("days")} />
          <Button type="submit" loading={make.isPending}>
            {t("tokens.make")}
          </Button>
        </Group>
      </form>
      {make.error && <ProblemAlert problem={make.error} />}
      {revoke.error && <ProblemAlert problem={revoke.error} />}
      {make.data && (
        <Alert color="yellow" role="status" title={t("tokens.once")}>
          <Copyable text={make.data.secret} label={t("tokens.secret")} />
        </Alert>
      )}
      <Answer of={asked}>
        {({ items }) =>
          items.length === 0 ? (
            <NothingHere title={t("tokens.none")} hint={t("tokens.noneHint")} />
          ) : (
            <Table.ScrollContainer minWidth={640}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("tokens.name")}</Table.Th>
                    <Table.Th>{t("tokens.created")}</Table.Th>
                    <Table.Th>{t("tokens.used")}</Table.Th>
                    <Table.Th>{t("tokens.ends")}</Table.Th>
                    <Table.Th>
                      <VisuallyHidden>{t("table.actions")}</VisuallyHidden>
                    </Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((token) => (
                    <Table.Tr key={token.id}>
                      <Table.Td>{token.name}</Table.Td>
                      <Table.Td>{moment(token.created_at)}</Table.Td>
                      <Table.Td>
                        {token.last_used_at ? moment(token.last_used_at) : t("tokens.never")}
                      </Table.Td>
                      <Table.Td>{token.expires_at ? moment(token.expires_at) : t("tokens.never")}</Table.Td>
                      <Table.Td>
                        <Button
                          size="compact-sm"
                          variant="default"
                          aria-label={t("tokens.revokeName", { name: token.name })}
                          onClick={() =>
                            confirmRemoval(token.name, t("tokens.revokeWhat"), () =>
                              revoke.mutate(
                                { params: { path: { token_id: token.id } } },
                                { onSuccess: renew },
                              ),
                            )
                          }
                        >
                          {t("tokens.revoke")}
                        </Button>
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

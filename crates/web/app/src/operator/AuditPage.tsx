import { Button, Code, Group, Select, Stack, Table, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, byCursor } from "../api/client";
import { useMay, usePlaces } from "../api/session";
import { DateTimeInput } from "../components/DateTimeInput";
import { Page } from "../components/Page";
import { placePath, plain, useCameraById } from "../components/pick";
import { Failed, Loading, NothingHere } from "../components/states";
import { fromField, moment, toField } from "../i18n/time";
import { useActionWords } from "./actionWords";

/** Who saw and changed what. */
export function AuditPage() {
  const { t } = useTranslation("operator");
  return (
    <Page title={t("audit.title")} hint={t("audit.hint")} needs="audit">
      <Log />
    </Page>
  );
}

function Log() {
  const { t } = useTranslation(["operator", "common"]);
  const search = useSearch({ from: "/audit" });
  const navigate = useNavigate({ from: "/audit" });
  const may = useMay();
  const places = usePlaces();
  const cameras = useCameraById();
  const words = useActionWords();
  const users = api.useQuery("get", "/api/v1/users", {}, { enabled: may("manage_people") }).data?.items ?? [];
  const rules = api.useQuery("get", "/api/v1/rules").data?.items ?? [];
  const asked = api.useInfiniteQuery(
    "get",
    "/api/v1/audit",
    {
      params: {
        query: {
          limit: 100,
          user_id: search.user,
          action: search.action,
          from: search.from,
          to: search.to,
        },
      },
    },
    byCursor,
  );
  const filter = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const entries = asked.data?.pages.flatMap((page) => page.items) ?? [];
  const known = (id: string) =>
    cameras.get(id)?.name ??
    places.get(id)?.name ??
    users.find((user) => user.id === id)?.display_name ??
    rules.find((rule) => rule.id === id)?.name;
  const time = (field: "from" | "to") => (
    <DateTimeInput
      label={t(`common:time.${field}`)}
      valueFormat="HH:mm DD/MM/YYYY"
      clearable
      w={210}
      value={search[field] ? toField(search[field]) : null}
      onChange={(value) => filter({ [field]: value ? fromField(value) : undefined })}
    />
  );
  return (
    <Stack>
      <Group align="flex-end">
        {users.length > 0 && (
          <Select
            label={t("audit.person")}
            placeholder={t("audit.anyone")}
            clearable
            searchable
            data={users.map((user) => ({ value: user.id, label: user.display_name }))}
            value={search.user ?? null}
            onChange={(user) => filter({ user: user ?? undefined })}
          />
        )}
        <Select
          label={t("audit.action")}
          placeholder={t("audit.anything")}
          clearable
          searchable
          data={words.all}
          filter={({ options, search: typed }) =>
            options.filter((option) => "label" in option && plain(option.label).includes(plain(typed)))
          }
          value={search.action ?? null}
          onChange={(action) => filter({ action: action ?? undefined })}
          w={260}
        />
        {time("from")}
        {time("to")}
      </Group>
      {asked.error ? (
        <Failed error={asked.error} retry={() => void asked.refetch()} />
      ) : !asked.data ? (
        <Loading />
      ) : entries.length === 0 ? (
        <NothingHere title={t("audit.none")} hint={t("audit.noneHint")} />
      ) : (
        <Table.ScrollContainer minWidth={860}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("audit.when")}</Table.Th>
                <Table.Th>{t("audit.who")}</Table.Th>
                <Table.Th>{t("audit.what")}</Table.Th>
                <Table.Th>{t("audit.target")}</Table.Th>
                <Table.Th>{t("audit.place")}</Table.Th>
                <Table.Th>{t("audit.address")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {entries.map((entry) => (
                <Table.Tr key={entry.id}>
                  <Table.Td style={{ whiteSpace: "nowrap" }}>{moment(entry.at)}</Table.Td>
                  <Table.Td>{entry.username || t("audit.system")}</Table.Td>
                  <Table.Td>{words.of(entry.action)}</Table.Td>
                  <Table.Td maw={320}>
                    <Text size="sm" truncate title={entry.target}>
                      {words.target(entry.target, known)}
                    </Text>
                    {entry.detail !== null && entry.detail !== undefined && (
                      <details>
                        <summary>{t("audit.detail")}</summary>
                        <Code block lang="en">
                          {JSON.stringify(entry.detail, null, 2)}
                        </Code>
                      </details>
                    )}
                  </Table.Td>
                  <Table.Td>{placePath(places, entry.place_id)}</Table.Td>
                  <Table.Td>{entry.address}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {asked.hasNextPage && (
        <Button
          variant="default"
          w="fit-content"
          loading={asked.isFetchingNextPage}
          onClick={() => void asked.fetchNextPage()}
        >
          {t("common:do.more")}
        </Button>
      )}
    </Stack>
  );
}

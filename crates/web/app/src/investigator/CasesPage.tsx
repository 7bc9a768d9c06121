import { Anchor, Badge, Button, Group, Modal, Stack, Table, Text, Textarea, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconFolder, IconPlus } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, byCursor, type Schemas } from "../api/client";
import { useMay, usePlaces } from "../api/session";
import { Page } from "../components/Page";
import { PlaceSelect, placePath } from "../components/pick";
import { Failed, Loading, NothingHere, ProblemAlert } from "../components/states";
import { moment } from "../i18n/time";
import { refreshCases } from "./cases/refreshCases";

/** The matters that are worked on, the latest first. */
export function CasesPage() {
  const { t } = useTranslation(["investigator", "common"]);
  const may = useMay();
  const [beginning, begin] = useDisclosure(false);
  return (
    <Page
      title={t("cases.pageTitle")}
      hint={t("cases.hint")}
      needs="export"
      actions={
        may("export") && (
          <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={begin.open}>
            {t("cases.new")}
          </Button>
        )
      }
    >
      <CaseList onBegin={begin.open} />
      <Modal
        opened={beginning}
        onClose={begin.close}
        title={t("cases.new")}
        closeButtonProps={{ "aria-label": t("common:do.close") }}
      >
        <NewCase onClose={begin.close} />
      </Modal>
    </Page>
  );
}

function CaseList({ onBegin }: { onBegin: () => void }) {
  const { t } = useTranslation(["investigator", "common"]);
  const places = usePlaces();
  const list = api.useInfiniteQuery("get", "/api/v1/cases", {}, byCursor);
  if (list.isPending) return <Loading />;
  if (list.error) return <Failed error={list.error} retry={() => void list.refetch()} />;
  const known = list.data.pages.flatMap((page) => page.items);
  if (known.length === 0)
    return (
      <NothingHere
        icon={<IconFolder size={44} stroke={1.2} aria-hidden />}
        title={t("cases.none")}
        hint={t("cases.noneHint")}
      >
        <Button onClick={onBegin}>{t("cases.new")}</Button>
      </NothingHere>
    );
  return (
    <Stack>
      <Table.ScrollContainer minWidth={560}>
        <Table highlightOnHover verticalSpacing="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("cases.title")}</Table.Th>
              <Table.Th>{t("cases.stateOf")}</Table.Th>
              <Table.Th>{t("common:place.label")}</Table.Th>
              <Table.Th>{t("cases.begun")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {known.map((one) => (
              <Table.Tr key={one.id}>
                <Table.Td>
                  <Anchor
                    fw={600}
                    renderRoot={(props) => (
                      <Link {...props} to="/cases/$caseId" params={{ caseId: one.id }} />
                    )}
                  >
                    {one.title}
                  </Anchor>
                  {one.note && (
                    <Text size="sm" lineClamp={1}>
                      {one.note}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>
                  <StateBadge state={one.state} />
                </Table.Td>
                <Table.Td>{placePath(places, one.place_id)}</Table.Td>
                <Table.Td>
                  {moment(one.created_at)}
                  <Text size="sm">{one.created_by_name}</Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {list.hasNextPage && (
        <Button
          variant="default"
          w="fit-content"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {t("common:do.more")}
        </Button>
      )}
    </Stack>
  );
}

export function StateBadge({ state }: { state: Schemas["CaseState"] }) {
  const { t } = useTranslation("investigator");
  return (
    <Badge color={state === "open" ? "cyan.9" : "gray.7"} variant="filled" tt="none">
      {t(`cases.state.${state}`)}
    </Badge>
  );
}

function NewCase({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["investigator", "common"]);
  const navigate = useNavigate();
  const [title, setTitle] = useState("");
  const [place, setPlace] = useState<string | null>(null);
  const [note, setNote] = useState("");
  const create = api.useMutation("post", "/api/v1/cases", {
    onSuccess: (made) => {
      void refreshCases();
      onClose();
      void navigate({ to: "/cases/$caseId", params: { caseId: made.id } });
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (place)
          create.mutate({ body: { title: title.trim(), place_id: place, note: note.trim() || null } });
      }}
    >
      <Stack>
        <TextInput
          label={t("cases.title")}
          placeholder={t("cases.titleExample")}
          required
          maxLength={200}
          data-autofocus
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <PlaceSelect action="export" required value={place} onChange={setPlace} />
        <Textarea
          label={t("cases.note")}
          autosize
          minRows={3}
          maxLength={5000}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {create.error && <ProblemAlert problem={create.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("common:do.cancel")}
          </Button>
          <Button type="submit" loading={create.isPending} disabled={!title.trim() || !place}>
            {t("cases.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

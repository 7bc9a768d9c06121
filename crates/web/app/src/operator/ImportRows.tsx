import { Alert, Badge, Button, Group, List, Stack, Switch, Table, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../api/client";
import { said } from "../i18n";
import { LinkAnchor } from "./links";
import { BAD, BAD_TEXT, GOOD, GOOD_TEXT } from "./tones";

interface Props {
  answer: Schemas["Imported"];
  /** Adds what has no problem, where nothing was added yet. */
  onAdd?: () => void;
  /** Whether there is a file whose rows have numbers. */
  numbered?: boolean;
}

/** What a table of cameras came to, row by row, and what is wrong with each. */
export function ImportRows({ answer, onAdd, numbered = true }: Props) {
  const { t } = useTranslation("operator");
  const [onlyFaulty, setOnlyFaulty] = useState(false);
  const faulty = answer.rows.filter((row) => row.problems.length > 0);
  const done = !onAdd;
  const shown = onlyFaulty ? faulty : answer.rows;
  return (
    <Stack>
      <Group role="status">
        <Badge color={GOOD} size="lg" tt="none">
          {done
            ? t("import.addedCount", { count: answer.added })
            : t("import.ready", { count: answer.ready })}
        </Badge>
        {faulty.length > 0 && (
          <Badge color={BAD} size="lg" tt="none">
            {t("import.faulty", { count: faulty.length })}
          </Badge>
        )}
        {onAdd && answer.ready > 0 && (
          <Button onClick={onAdd}>{t("import.add", { count: answer.ready })}</Button>
        )}
        {faulty.length > 0 && (
          <Switch
            label={t("import.onlyFaulty")}
            checked={onlyFaulty}
            onChange={(event) => setOnlyFaulty(event.currentTarget.checked)}
          />
        )}
      </Group>
      {!done && faulty.length > 0 && (
        <Alert color="yellow">{t(answer.ready > 0 ? "import.mend" : "import.mendAll")}</Alert>
      )}
      {answer.ignored.length > 0 && (
        <Alert color="yellow">{t("import.ignored", { names: answer.ignored.join(", ") })}</Alert>
      )}
      <Table.ScrollContainer minWidth={640}>
        <Table stickyHeader>
          <Table.Thead>
            <Table.Tr>
              {numbered && <Table.Th w={80}>{t("import.row")}</Table.Th>}
              <Table.Th w={260}>{t("cameras.name")}</Table.Th>
              <Table.Th>{t("import.result")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((row) => (
              <Table.Tr key={row.row}>
                {numbered && <Table.Td>{row.row}</Table.Td>}
                <Table.Td>
                  {row.camera_id ? (
                    <LinkAnchor to="/cameras/$cameraId" params={{ cameraId: row.camera_id }}>
                      {row.name}
                    </LinkAnchor>
                  ) : (
                    row.name || "–"
                  )}
                </Table.Td>
                <Table.Td>
                  {row.problems.length === 0 ? (
                    <Text c={GOOD_TEXT}>
                      {t(done ? "import.added" : row.camera_id ? "import.already" : "import.fine")}
                    </Text>
                  ) : (
                    <List size="sm">
                      {row.problems.map((problem) => (
                        <List.Item key={`${problem.field} ${problem.message.en}`}>
                          <Text span c={BAD_TEXT} fw={600}>
                            {said(problem.message)}
                          </Text>{" "}
                          {said(problem.remedy)}
                        </List.Item>
                      ))}
                    </List>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}

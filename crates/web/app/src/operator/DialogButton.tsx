import { Button, type ButtonProps, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { createContext, type ReactNode, useContext } from "react";
import { useTranslation } from "react-i18next";

const CloseContext = createContext<() => void>(() => undefined);

/** Closes the dialog that this is in. */
export const useCloseDialog = () => useContext(CloseContext);

interface Props extends Omit<ButtonProps, "children"> {
  label: string;
  /** What the button is called where its label alone does not say it. */
  name?: string;
  title: string;
  width?: "md" | "lg" | "xl";
  children: ReactNode;
}

/** A button that opens a form over the page. */
export function DialogButton({ label, name, title, width = "md", children, ...button }: Props) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button {...button} aria-label={name} onClick={open}>
        {label}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={title}
        size={width}
        closeButtonProps={{ "aria-label": t("do.close") }}
      >
        <CloseContext value={close}>{children}</CloseContext>
      </Modal>
    </>
  );
}

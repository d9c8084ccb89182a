import { createRoot } from "react-dom/client";
import { App } from "./App";
import "./styles/base.css";
import "./styles/pages.css";
import "./styles/call.css";

const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<App />);

/** What Ink is told in the place of the package that looks at `CI`: shells in the cloud set it, and people sit at them. */
export default false;

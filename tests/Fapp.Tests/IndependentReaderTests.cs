namespace QuicProChat.Mesh.Fapp.Tests;

/// <summary>Whoever knows only docs/reference/fapp.md can read what travels: a script in Python does.</summary>
public class IndependentReaderTests
{
    [PythonFact("msgpack", "python3-msgpack")]
    public void An_independent_script_takes_apart_the_announce_the_request_and_the_answer_of_the_page()
    {
        string script = Repository.File("tests", "Fapp.Tests", "read_vectors.py");
        string[] read = Python.RunFile(script, File.ReadAllText(Repository.File("docs", "reference", "fapp.md")))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        const string request = "request 970e3e60add2aae5d66b4ce35debb7b6: reserve 01020304, 'Guten Tag', code 193075";
        Assert.Equal(
            [
                "record of type 1, place 0, sequence 5, born 2026-11-29, 168 hours",
                "Praxis Linde, 0341 123456, 04109, de/gsg, effort 12, key 7",
                "slot 01020304: 2026-11-25T01:00:00Z, 50 min, Sprechstunde, 1, 1, no place",
                "slot 05060708: 2026-12-02T01:00:00Z, 100 min, Langzeit, 2, 3, a waiting list",
                request,
                request,
                "forwarded: what 1, to 34750f98bd59fcfc946da45aaabe933b",
                "record of type 2, place 0, sequence 4328719365, born 2026-11-29, 168 hours",
                "16 entries, 1 mine: booked, slot 01020304, until 0",
            ],
            read);
    }
}

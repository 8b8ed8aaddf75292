using System.Globalization;
using System.Text.RegularExpressions;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;
using static QuicProChat.Mesh.EndToEnd.Harness.FappScene;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>
/// A newcomer with a guide: each command that stands in it is given to real daemons as it stands there, with a slot, a
/// request, a file or a
/// key where the guide has a word for one.
/// </summary>
public sealed partial class AppointmentGuides
{
    /// <summary>What ends a practice's standing comes last.</summary>
    private const string Last = "attest revoke";

    /// <summary>Commands for which a card has to sign something: here it is no card that does.</summary>
    private static readonly string[] _refused = ["attest import"];

    private int _slots;

    [Theory]
    [InlineData("fapp-practices.md", "fapp-patients.md")]
    [InlineData("fapp-practices.de.md", "fapp-patients.de.md")]
    public async Task Every_command_of_the_guides_does_what_they_say(string forPractices, string forPatients)
    {
        await using var scene = new FappScene();
        await scene.StartAsync("relay", ["--draw", "1s"], scene.Patient);
        await scene.Patient.HasRouteAsync(scene.Far);
        string[] practices = CommandsOf(forPractices), patients = CommandsOf(forPatients);
        Assert.True(practices.Length > 20 && patients.Length > 8, $"{practices.Length}, {patients.Length}");
        foreach (string command in practices.Where(static c => !c.Contains(Last, StringComparison.Ordinal)))
        {
            await RunAsync(scene, scene.Practice, command);
            // The guide sets a PIN for the case of a flood.
            if (command.Contains("--pin", StringComparison.Ordinal))
                Done(scene.Practice, "fapp", "practice", "set", "--pin", "");
        }

        foreach (string command in patients)
            await RunAsync(scene, scene.Patient, command);
        Done(scene.Practice, ArgumentsOf(practices.Single(static c => c.Contains(Last, StringComparison.Ordinal))));
        await EventuallyAsync("nobody vouches any more",
            () => scene.Practice.Ctl(Commands.FappPracticeShow).Level == "none");
    }

    private async Task RunAsync(FappScene scene, NodeProcess node, string command)
    {
        string[] arguments = ArgumentsOf(command);
        for (int i = 0; i < arguments.Length; i++)
            arguments[i] = await FillAsync(scene, node, arguments[i], command);
        Ran ran = node.Ctl(arguments);
        bool isRefused = _refused.Any(r => command.Contains(r, StringComparison.Ordinal));
        Assert.True(ran.ExitCode == (isRefused ? 1 : 0), $"{command}: {ran.ExitCode} {ran.Output} {ran.Errors}");
        // What it cannot take it explains, in a sentence.
        Assert.True(!isRefused || ran.Errors.Length > 20, ran.Errors);
        if (command.Contains("refusals export", StringComparison.Ordinal))
            Assert.Contains("Praxis", File.ReadAllText(arguments[^1]), StringComparison.Ordinal);
        if (command.Contains("attest request", StringComparison.Ordinal))
            Assert.Contains("FAPP ", ran.Output, StringComparison.Ordinal);
        if (command.Contains("--place-for", StringComparison.Ordinal))
            await RefuseAsync(scene);
    }

    /// <summary>What a person would put in place of a word in capitals, after making it.</summary>
    private async Task<string> FillAsync(FappScene scene, NodeProcess node, string word, string command)
    {
        bool isPatient = node == scene.Patient;
        switch (word)
        {
            case "SLOT":
                return await OfferAsync(scene);
            case "ID" when isPatient:
                return await BookAsync(scene, isConfirmed: true);
            case "ID":
                return await BookAsync(scene, isConfirmed: command.Contains("cancel", StringComparison.Ordinal));
            case "FILE" or "DATEI" or "SIGNED-FILE" or "SIGNIERTE-DATEI":
                return FileFor(scene, command);
            case "refusals.txt" or "absagen.txt":
                return Path.Combine(scene.Net.Directory, word);
            case "KEY" or "SCHLUESSEL" or "ORGANISATION_KEY":
                return (await scene.Far.AskAsync(Commands.Identity)).PublicKey;
            case "ADDRESS" or "ADRESSE":
                return scene.Practice.Address;
            case "NAME":
                return "Erika Mustermann";
            default:
                // Dates of a guide grow old.
                return word.StartsWith("2026-12-07T", StringComparison.Ordinal) ? StartIn(100 + ++_slots) : word;
        }
    }

    private async Task<string> OfferAsync(FappScene scene)
    {
        string slot = scene.Offer(3 + 0.25 * ++_slots, "akut");
        await EventuallyAsync("the slot at the patient", () => Slots(scene.Patient, "--limit", "500").Contains(slot));
        return slot;
    }

    private async Task<string> BookAsync(FappScene scene, bool isConfirmed)
    {
        string id = scene.Patient.Ctl(Commands.FappReserve, await OfferAsync(scene)).Id;
        await EventuallyAsync("drawn", () => Drawn(scene).Any(r => r.Id == id));
        if (!isConfirmed)
            return id;
        Done(scene.Practice, "fapp", "confirm", id);
        await EventuallyAsync("booked", () => StateOf(scene.Patient, id) == "booked");
        return id;
    }

    private static async Task RefuseAsync(FappScene scene)
    {
        await EventuallyAsync("the question for a place", () => Drawn(scene).Any(static r => r.AsksForPlace));
        string id = Drawn(scene).First(static r => r.AsksForPlace).Id;
        Done(scene.Practice, "fapp", "refuse", id, "--before", "2027-05-01");
        await EventuallyAsync("refused", () => StateOf(scene.Patient, id) == "refused");
    }

    private static IEnumerable<FappRequestInfo> Drawn(FappScene scene) =>
        scene.Practice.Ctl(Commands.FappRequests).Where(static r => r.State == "drawn");

    private static string FileFor(FappScene scene, string command)
    {
        string file = Path.Combine(scene.Net.Directory, "file.ics");
        string day = DateTimeOffset.UtcNow.AddDays(40).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        string[] lines =
        [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//test//EN", "BEGIN:VEVENT", "UID:1",
            $"DTSTAMP:{day}T000000Z",
            $"DTSTART;TZID=Europe/Berlin:{day}T100000", "DURATION:PT50M", "SUMMARY:Frau M.", "CATEGORIES:frei",
            "END:VEVENT", "END:VCALENDAR", "",
        ];
        if (command.Contains("import", StringComparison.Ordinal))
            File.WriteAllText(file, string.Join("\r\n", lines));
        return file;
    }

    /// <summary>Lines of fenced blocks, and code within sentences; in their order.</summary>
    private static string[] CommandsOf(string guide)
    {
        string text = File.ReadAllText(Repository.File("docs", "guide", guide));
        return [.. Command().Matches(text).Select(static m => m.Groups["command"].Value.Trim())];
    }

    private static string[] ArgumentsOf(string command)
    {
        int redirect = command.IndexOf('>', StringComparison.Ordinal);
        string words = redirect < 0 ? command : command[..redirect];
        return ["fapp", .. Word().Matches(words[(words.IndexOf("fapp ", StringComparison.Ordinal) + 5)..])
            .Select(static m => m.Value.Trim('"'))];
    }

    [GeneratedRegex("""^(?<command>qpc-mesh ctl fapp [^\n]+)$|`(?<command>(qpc-mesh ctl )?fapp [^`\n]+)`""",
        RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex("""
        "[^"]*"|\S+
        """)]
    private static partial Regex Word();
}

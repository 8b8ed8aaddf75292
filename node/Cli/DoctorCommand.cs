using System.CommandLine;
using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// <c>ctl doctor</c>: what is wrong with this node, and what to do. Exit code 1 if there is a problem.
/// </summary>
internal static class DoctorCommand
{
    internal static void AddTo(Command ctl, Func<ParseResult, string> socketOf, Option<bool> json)
    {
        var place = new KeyPlace(socketOf);
        var doctor = new Command("doctor", "Says what is wrong with this node, and what to do.");
        place.AddTo(doctor);
        doctor.SetAction(
            (parsed, cancellation) => RunAsync(parsed, place, socketOf(parsed), parsed.GetValue(json), cancellation));
        ctl.Subcommands.Add(doctor);
    }

    private static async Task<int> RunAsync(
        ParseResult parsed, KeyPlace place, string socket, bool json, CancellationToken cancellation)
    {
        var findings = new List<Finding>(
            Doctor.OfMachine(place.DirectoryOf(parsed), place.KeyFileOf(parsed), TimeProvider.System));
        using ControlClient? client = ControlClient.TryConnect(socket, out string why);
        if (client is null)
        {
            findings.Add(new Finding("daemon", Severity.Problem, why,
                "start it: systemctl start qpc-mesh, or /etc/init.d/qpc-mesh start; its log says why it ended: "
                    + "journalctl -u qpc-mesh, or logread -e qpc-mesh"));
        }
        else
        {
            var asker = new ControlAsker(new ReplyPages(client));
            findings.AddRange(
                Doctor.OfStatus(await asker.AskAsync(Commands.Status, cancellation).ConfigureAwait(false)));
            findings.AddRange(
                Doctor.OfRadios(await asker.AskAsync(Commands.Radio, cancellation).ConfigureAwait(false)));
            IReadOnlyList<SettingInfo> settings = await asker.AskAsync(Commands.Settings, cancellation)
                .ConfigureAwait(false);
            findings.AddRange(Doctor.OfDownloads(settings, place.DirectoryOf(parsed)));
            findings.AddRange(
                Doctor.OfAppointments(await asker.AskAsync(Commands.FappStatus, cancellation).ConfigureAwait(false)));
        }

        if (json)
            Console.WriteLine(ToJson(findings));
        else
            Write(Console.Out, findings);
        return findings.Exists(f => f.Severity == Severity.Problem) ? ExitCode.Failed : ExitCode.Done;
    }

    internal static void Write(TextWriter output, IEnumerable<Finding> findings)
    {
        foreach (Finding finding in findings)
        {
            output.WriteLine($"{Word(finding.Severity),-8} {finding.Check,-11} {finding.Text}");
            if (finding.Advice.Length > 0)
                output.WriteLine($"{"",-8} {"",-11} {finding.Advice}");
        }
    }

    internal static string ToJson(IEnumerable<Finding> findings)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, ReplyWriter.Options))
        {
            json.WriteStartArray();
            foreach (Finding finding in findings)
            {
                json.WriteStartObject();
                json.WriteString("check", finding.Check);
                json.WriteString("severity", Word(finding.Severity));
                json.WriteString("text", finding.Text);
                json.WriteString("advice", finding.Advice);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static string Word(Severity severity) => severity switch
    {
        Severity.Fine => "ok",
        Severity.Note => "note",
        Severity.Problem => "problem",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

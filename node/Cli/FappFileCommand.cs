using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Calendar;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// What <c>ctl fapp</c> does with files: calendars, refusals, signed statements. A calendar is read here, so that
/// nothing of it but free times reaches even the daemon.
/// </summary>
internal static class FappFileCommand
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int UsualDays = 60, MaxDays = 400;

    internal static void AddTo(Command ctl, Func<ParseResult, string> socketOf, Option<bool> json)
    {
        Command fapp = ctl.Subcommands.First(c => c.Name == CommandGroup.Fapp.Word);
        var file = new Argument<string>("file") { Description = "The file." };
        var type = new Option<string>("--type")
        {
            Description = "What the slots are for.",
            HelpName = "T",
            Required = true
        };
        var category = new Option<string[]>("--category")
        {
            Description = "Events of this category are free; without one, those that the calendar calls transparent.",
            HelpName = "NAME",
        };
        var withdraw = new Option<bool>("--withdraw")
        {
            Description = "Also withdraws free slots of this time that the calendar no longer has.",
            Arity = ArgumentArity.Zero,
        };
        var days = new Option<int>("--days")
        {
            Description = $"How far ahead; {UsualDays} days unless it is set.",
            HelpName = "N"
        };
        var place = new Option<int?>("--place") { Description = "Which of this node's practices.", HelpName = "N" };

        Command calendar = CtlCommand.Below(fapp, "calendar", "The practice's calendar.");
        var import = new Command("import", "Offers the free times of an .ics file as slots.") { file, type, category,
            days, withdraw, place };
        import.SetAction((parsed, cancellation) => RunAsync(socketOf(parsed), async client =>
            await ImportAsync(client, parsed.GetValue(file)!,
                new FappSlotAddRequest { Type = parsed.GetValue(type), Place = parsed.GetValue(place) },
                ChoiceOf(parsed.GetValue(category) ?? [], parsed.GetValue(days)), parsed.GetValue(withdraw),
                parsed.GetValue(json), cancellation)
                .ConfigureAwait(false)));
        calendar.Subcommands.Add(import);
        var export = new Command(
            "export", "Writes the slots into an .ics file, without a word about patients.") { file, place };
        export.SetAction((parsed, cancellation) => RunAsync(socketOf(parsed), client =>
            ExportAsync(client, parsed.GetValue(file)!, parsed.GetValue(place), parsed.GetValue(json), cancellation)));
        calendar.Subcommands.Add(export);

        Command attest = CtlCommand.Below(fapp, "attest", "Cards that speak for the practice.");
        var revoke = new Option<string?>(
            "--revoke")
        { Description = "The mesh key that the card takes back, if it does.", HelpName = "KEY" };
        var take = new Command("import",
            "Takes what the card's software made of the statement (.p7s, .p7m, PEM).") { file, place, revoke };
        take.SetAction((parsed, cancellation) => RunAsync(socketOf(parsed), async client =>
        {
            byte[] bytes = await ReadAsync(parsed.GetValue(file)!, AttestationImport.MaxFile, cancellation)
                .ConfigureAwait(false);
            DoneInfo done = await AskAsync(
                client, Commands.FappAttestTake,
                new()
                {
                    Data = Convert.ToBase64String(bytes),
                    Place = parsed.GetValue(place),
                    Revoke = parsed.GetValue(revoke)
                }, cancellation)
                .ConfigureAwait(false);
            Say(parsed.GetValue(json), done, ApiJson.Default.DoneInfo, done.Done);
        }));
        attest.Subcommands.Add(take);

        Command refusals = fapp.Subcommands.First(c => c.Name == "refusals");
        var write = new Command(
            "export", "Writes what practices refused into FILE, as text, and into FILE.json.") { file };
        write.SetAction(
            (parsed, cancellation) =>
                RunAsync(socketOf(parsed),
                    client => RefusalsAsync(client, parsed.GetValue(file)!, parsed.GetValue(json), cancellation)));
        refusals.Subcommands.Add(write);
    }

    private static void Say<T>(bool asJson, T result, JsonTypeInfo<T> type, string words) =>
        Console.WriteLine(asJson ? JsonSerializer.Serialize(result, type) : words);

    private static async Task<int> RunAsync(string socket, Func<ControlClient, Task> run)
    {
        using ControlClient? client = ControlClient.TryConnect(socket, out string why);
        if (client is null)
        {
            await Console.Error.WriteLineAsync($"{why}; 'qpc-mesh run' starts one").ConfigureAwait(false);
            return ExitCode.NoDaemon;
        }

        try
        {
            await run(client).ConfigureAwait(false);
            return ExitCode.Done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(FaultText.Of(e)).ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    private static CalendarChoice ChoiceOf(string[] categories, int days)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return new CalendarChoice
        {
            Categories = categories.ToHashSet(StringComparer.OrdinalIgnoreCase),
            From = now,
            Until = now.AddDays(days is > 0 and <= MaxDays ? days : UsualDays),
        };
    }

    private static async Task ImportAsync(
        ControlClient client, string path, FappSlotAddRequest slot, CalendarChoice choice, bool withdraws, bool asJson,
        CancellationToken cancellation)
    {
        byte[] bytes = await ReadAsync(path, CalendarImport.MaxFile, cancellation).ConfigureAwait(false);
        CalendarReading read = CalendarImport.Read(bytes, choice);
        foreach (LineNote warning in read.Warnings)
            await Console.Error.WriteLineAsync($"{path}: {warning}").ConfigureAwait(false);
        if (read.Faults.Count > 0)
            throw new IOException(string.Join('\n', read.Faults.Select(f => $"{path}: {f}")) + "\nNothing was taken.");
        var announced = new List<AnnouncedSlot>();
        foreach (FappOwnSlotInfo own in await AskAsync(client, Commands.FappSlotList, new() { Place = slot.Place },
            cancellation).ConfigureAwait(false))
        {
            if (own.State != "withdrawn" && SlotId.TryParse(own.Slot, out SlotId id))
                announced.Add(new AnnouncedSlot(id, own.Start, own.Minutes, own.State == "free"));
        }

        CalendarPlan plan = CalendarPlan.Make(choice, read.Free, announced, withdraws);
        if (withdraws)
        {
            foreach (SlotId gone in plan.Gone)
                await AskAsync(client, Commands.FappSlotWithdraw, new() { Slot = gone.ToString() }, cancellation)
                    .ConfigureAwait(false);
        }

        var added = new List<FappOwnSlotInfo>();
        foreach (FreeTime free in plan.Add)
        {
            FappOwnSlotInfo made = await AskAsync(client, Commands.FappSlotAdd, slot with
            {
                Start = free.Start.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                Minutes = free.Minutes,
            }, cancellation).ConfigureAwait(false);
            added.Add(made);
        }

        var result = new FappCalendarImportInfo(
            added, plan.Kept, [.. plan.Gone.Select(static g => g.ToString())], withdraws, plan.LeftOut,
            [.. read.Warnings.Select(static w => w.ToString())]);
        Say(asJson, result, ApiJson.Default.FappCalendarImportInfo, Words(result));
    }

    private static string Words(FappCalendarImportInfo result)
    {
        using var text = new StringWriter();
        Screen screen = ConsolePlace.ScreenOn(text);
        foreach (FappOwnSlotInfo made in result.Added)
            screen.Line($"{made.Slot}  {screen.Local(made.Start)}  {made.Minutes} min");
        screen.Line($"{result.Added.Count} slots added, {result.Kept} were there, "
            + $"{(result.Withdrawn ? result.Gone.Count : 0)} withdrawn");
        if (!result.Withdrawn && result.Gone.Count > 0)
            screen.Line($"{result.Gone.Count} free slots are no longer in the calendar: --withdraw takes them back");
        if (result.LeftOut > 0)
            screen.Line($"{result.LeftOut} free times are left out: {SlotAnnounce.MaxSlots} slots at most, and none "
                + "at the time of another");
        return text.ToString().TrimEnd('\n');
    }

    private static async Task ExportAsync(
        ControlClient client, string path, int? place, bool asJson, CancellationToken cancellation)
    {
        FappPracticeInfo practice =
            await AskAsync(client, Commands.FappPracticeShow, new() { Place = place }, cancellation)
                .ConfigureAwait(false);
        IReadOnlyList<FappOwnSlotInfo> slots =
            await AskAsync(client, Commands.FappSlotList, new() { Place = place }, cancellation).ConfigureAwait(false);
        IReadOnlyList<FappRequestInfo> requests = await AskAsync(client, Commands.FappRequests, new(), cancellation)
            .ConfigureAwait(false);
        HashSet<string> booked =
            [.. requests.Where(static r => r.State is "booked" or "kept" or "noShow").Select(static r => r.Slot)];
        if (!NodeAddress.TryParse(practice.Practice, out NodeAddress address, out string? wrong))
            throw new IOException(wrong);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string text = CalendarExport.Write(slots.Select(s => Entry(address, s, booked, now)), now);
        await WriteAsync(path, text, cancellation).ConfigureAwait(false);
        Say(asJson, new FappExportInfo([path], slots.Count), ApiJson.Default.FappExportInfo,
            $"{path}: {slots.Count} slots");
    }

    /// <summary>
    /// The minutes since 2020 are the sequence: a later export is the newer one, also where a slot became free again.
    /// </summary>
    private static CalendarEntry Entry(
        NodeAddress practice, FappOwnSlotInfo slot, HashSet<string> booked, DateTimeOffset now)
    {
        CalendarStatus status = slot.State == "withdrawn" ? CalendarStatus.Cancelled
            : booked.Contains(slot.Slot) ? CalendarStatus.Confirmed : CalendarStatus.Tentative;
        return SlotId.TryParse(slot.Slot, out SlotId id)
            ? new CalendarEntry(practice, id, (int)MinuteTime.Of(now), slot.Start, slot.Minutes, status)
            : throw new IOException($"'{slot.Slot}' is no slot");
    }

    private static async Task RefusalsAsync(
        ControlClient client, string path, bool asJson, CancellationToken cancellation)
    {
        IReadOnlyList<FappRefusalInfo> refusals = await AskAsync(client, Commands.FappRefusals, new(), cancellation)
            .ConfigureAwait(false);
        using var text = new StringWriter();
        Commands.FappRefusals.Rendering!(ConsolePlace.ScreenOn(text), refusals);
        await WriteAsync(path, text.ToString(), cancellation).ConfigureAwait(false);
        await WriteAsync(path + ".json", JsonSerializer.Serialize(refusals, Commands.FappRefusals.Result), cancellation)
            .ConfigureAwait(false);
        Say(
            asJson, new FappExportInfo([path, path + ".json"], refusals.Count), ApiJson.Default.FappExportInfo,
            $"{path}, {path}.json: {refusals.Count} refusals");
    }

    private static async Task<byte[]> ReadAsync(string path, int most, CancellationToken cancellation) =>
        new FileInfo(path) is { Exists: true } info && info.Length > most
            ? throw new IOException($"{path} has more than {most} bytes")
            : await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false);

    private static async Task WriteAsync(string path, string text, CancellationToken cancellation)
    {
        var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        });
        await using (stream.ConfigureAwait(false))
            await stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation).ConfigureAwait(false);
    }

    private static async Task<TResult> AskAsync<TRequest, TResult>(
        ControlClient client, CommandSpec<TRequest, TResult> command, TRequest request, CancellationToken cancellation)
        where TRequest : class, new()
    {
        using ReplyPages.Reply? reply = await new ReplyPages(client).AskAsync(command.ToLine(request), cancellation)
            .ConfigureAwait(false);
        if (reply is null)
            throw new IOException("the daemon went away");
        return reply.IsDone ? command.Read(reply.Result) : throw new IOException(reply.Error);
    }
}

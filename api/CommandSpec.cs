using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace QuicProChat.Mesh.Api;

/// <summary>How a result goes on that is longer than one reply.</summary>
public enum Paging
{
    /// <summary>It never does.</summary>
    None,

    /// <summary>Page by page, in the order in which people read it.</summary>
    Forward,

    /// <summary>From the newest to the oldest; within a page the oldest stands first.</summary>
    Backward,
}

/// <summary>
/// One command, told once: what it is called, what it takes, what it answers, how people see that. The socket, the
/// command
/// line, the console and the test of docs/reference/control.md read it.
/// </summary>
public abstract class CommandSpec
{
    /// <summary>Arguments at most: what was seen is kept in the bits of one word.</summary>
    private const int MaxArguments = 64;

    private protected CommandSpec(string name, CommandGroup group, string help, CommandArgument[] arguments)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(arguments.Length, MaxArguments, nameof(arguments));
        Name = name;
        Group = group;
        Help = help;
        Arguments = arguments;
    }

    /// <summary>The name on the socket.</summary>
    public string Name { get; }

    /// <summary>What it belongs to.</summary>
    public CommandGroup Group { get; }

    /// <summary>What it does: one sentence.</summary>
    public string Help { get; }

    /// <summary>What it takes.</summary>
    public IReadOnlyList<CommandArgument> Arguments { get; }

    /// <summary>
    /// A second word before it on the command line: <c>fapp-slot-add</c> is typed <c>fapp slot add</c>; null for none.
    /// </summary>
    public string? Under { get; init; }

    /// <summary>
    /// The name on the command line; two words where the group has one, three with <see cref="Under"/>.
    /// </summary>
    public string Typed
    {
        get
        {
            string words = Under is null ? "" : Under + "-";
            return Group.Word is { } word && Name.StartsWith($"{word}-{words}", StringComparison.Ordinal)
                ? $"{word} {words.Replace('-', ' ')}{Name[(word.Length + 1 + words.Length)..]}" : Name;
        }
    }

    /// <summary>The lines of the console that ask for it.</summary>
    public IReadOnlyList<ConsoleForm> Console { get; init; } = [];

    /// <summary>
    /// The reply is never a long list or text. Only such a command is never kept waiting for memory.
    /// </summary>
    public bool IsBrief { get; init; }

    /// <summary>How its list goes on; the list is the result itself, or <see cref="ListKey"/> of it.</summary>
    public Paging Paging { get; init; }

    /// <summary>Where the list is within the result; null where the result is the list.</summary>
    public string? ListKey { get; init; }

    /// <summary>
    /// Items of a list that goes <see cref="Paging.Backward"/>, where the request does not say how many.
    /// </summary>
    public int UsualItems { get; init; }

    /// <summary>Zeroes the passwords of a request, and takes them out.</summary>
    public void ForgetSecrets(object request)
    {
        foreach (CommandArgument argument in Arguments)
        {
            if (argument.Kind != ArgumentKind.Secret || argument.Get(request) is not byte[] secret)
                continue;
            CryptographicOperations.ZeroMemory(secret);
            argument.Set(request, null);
        }
    }

    /// <summary>The type of <see cref="NewRequest"/>.</summary>
    public abstract Type RequestType { get; }

    /// <summary>How the result is read and written.</summary>
    public abstract JsonTypeInfo ResultInfo { get; }

    /// <summary>A request without any argument.</summary>
    public abstract object NewRequest();

    /// <summary>The client stays after the reply, or may wait long for it: a guest must not.</summary>
    public abstract bool Stays(object request);

    /// <summary>What was asked for was reached; else <c>ctl</c> ends with exit code 1.</summary>
    public abstract bool HasReached(object request, JsonElement result);

    /// <summary>Shows a result to people.</summary>
    public abstract void Show(Screen screen, JsonElement result);

    /// <summary>The request as one line of JSON, with its end.</summary>
    /// <param name="request">With what.</param>
    /// <param name="tag">What the reply shall be called; null for nothing.</param>
    /// <param name="from">Where the list goes on; null for what the request says.</param>
    public byte[] ToLine(object request, RequestTag? tag = null, string? from = null)
    {
        var line = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(line, ReplyWriter.Options))
        {
            json.WriteStartObject();
            json.WriteString("command"u8, Name);
            foreach (CommandArgument argument in Arguments)
            {
                if (from is null || argument.Place != ArgumentPlace.Nowhere)
                    argument.Write(json, request);
            }

            if (from is not null)
                json.WriteString("from"u8, from);
            if (tag is not null)
            {
                json.WritePropertyName("tag"u8);
                json.WriteRawValue(tag.Digits, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        line.Write("\n"u8);
        return line.WrittenSpan.ToArray();
    }
}

/// <summary>One command with the types of its request and its result.</summary>
/// <typeparam name="TRequest">What it takes.</typeparam>
/// <typeparam name="TResult">What it answers.</typeparam>
/// <param name="name">The name on the socket.</param>
/// <param name="group">What it belongs to.</param>
/// <param name="help">What it does: one sentence.</param>
/// <param name="result">How the result is read and written: a property of <see cref="ApiJson"/>.</param>
/// <param name="arguments">What it takes; null for nothing.</param>
public sealed class CommandSpec<TRequest, TResult>(
    string name, CommandGroup group, string help, Func<ApiJson, JsonTypeInfo<TResult>> result,
    ArgumentList<TRequest>? arguments = null)
    : CommandSpec(name, group, help, arguments?.ToArray() ?? [])
    where TRequest : class, new()
{
    /// <summary>How people see the result; null for a line a field.</summary>
    public Action<Screen, TResult>? Rendering { get; init; }

    /// <summary>As <see cref="CommandSpec.Stays"/>; null for never.</summary>
    public Func<TRequest, bool>? Waits { get; init; }

    /// <summary>As <see cref="CommandSpec.HasReached"/>; null for always.</summary>
    public Func<TRequest, TResult, bool>? Reached { get; init; }

    /// <summary>How the result is read and written.</summary>
    public JsonTypeInfo<TResult> Result => result(ApiJson.Default);

    /// <inheritdoc/>
    public override Type RequestType => typeof(TRequest);

    /// <inheritdoc/>
    public override JsonTypeInfo ResultInfo => Result;

    /// <inheritdoc/>
    public override object NewRequest() => new TRequest();

    /// <inheritdoc/>
    public override bool Stays(object request) => Waits?.Invoke((TRequest)request) ?? false;

    /// <inheritdoc/>
    public override bool HasReached(object request, JsonElement result) =>
        Reached is null || Reached((TRequest)request, Read(result));

    /// <summary>A daemon's reply to this command.</summary>
    /// <param name="line">One line of JSON.</param>
    /// <exception cref="JsonException">It is no reply to this command.</exception>
    public Reply<TResult> ReadReply(ReadOnlyMemory<byte> line)
    {
        using JsonDocument reply = JsonDocument.Parse(line);
        return Reply<TResult>.Read(this, reply.RootElement);
    }

    /// <summary>A result of another process.</summary>
    /// <exception cref="JsonException">It is none of this command.</exception>
    public TResult Read(JsonElement json) =>
        json.Deserialize(Result) ?? throw new JsonException($"the result of {Name} is missing");

    /// <inheritdoc/>
    public override void Show(Screen screen, JsonElement result)
    {
        if (Rendering is null)
            screen.Fields(result);
        else
            Rendering(screen, Read(result));
    }
}

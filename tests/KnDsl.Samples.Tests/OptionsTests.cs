using System;
using System.CommandLine;
using System.IO;
using System.Text.RegularExpressions;
using KnDsl.Samples.FashionMnist;
using Xunit;

namespace KnDsl.Samples.Tests;

public sealed class OptionsTests
{
    [Fact]
    public void Compares_three_methods_at_two_images_by_default()
    {
        var options = Parse();
        Assert.Equal(["kalman", "batch", "group"], options.Methods);
        Assert.Equal(2, options.Microbatch);
        Assert.Equal(64, options.Batch);
        Assert.Equal(Options.OwnData, options.Data);
        Assert.False(options.Full);
        Assert.Matches(new Regex(@"^runs.FashionMnist.\d{8}-\d{6}$"), options.Output);
    }

    [Fact]
    public void Takes_every_option()
    {
        var options = Parse(
            "--methods", "Group, kalman", "--microbatch", "4", "--epochs", "7", "--batch", "32", "--lr", "0.25", "--seed", "9",
            "--device", "cpu", "--threads", "1", "--data", "folder", "--output", "there");
        Assert.Equal(["group", "kalman"], options.Methods);
        Assert.Equal((4, 7, 32, 0.25), (options.Microbatch, options.Epochs, options.Batch, options.LearningRate));
        Assert.Equal((9, "cpu", 1, "folder", "there"), (options.Seed, options.Device, options.Threads, options.Data, options.Output));
    }

    [Fact]
    public void Zero_stands_for_the_whole_batch() => Assert.Null(Parse("--microbatch", "0").Microbatch);

    [Fact]
    public void The_full_set_is_the_systems_unless_a_folder_is_named()
    {
        Assert.Equal(Options.SystemData, Parse("--full").Data);
        var named = Parse("--full", "--data", "here");
        Assert.Equal(("here", true), (named.Data, named.Full));
    }

    [Theory]
    [InlineData("--methods layer", "there is no method 'layer'; expected some of kalman,batch,group,instancekalman,instance,none")]
    [InlineData("--methods kalman,kalman", "names a method twice")]
    [InlineData("--methods kalman,,batch", "there is no method ''")]
    [InlineData("--microbatch -1", "--microbatch is '-1', expected a whole number, 0 or more.")]
    [InlineData("--microbatch two", "--microbatch is 'two', expected a whole number, 0 or more.")]
    [InlineData("--microbatch 65", "a statistic of 65 images does not fit in a batch of 64")]
    [InlineData("--epochs 0", "--epochs is '0', expected a whole number from 1 to 10000.")]
    [InlineData("--epochs 99999999999", "--epochs is '99999999999', expected a whole number from 1 to 10000.")]
    [InlineData("--lr 0", "--lr is '0', expected a number above 0")]
    [InlineData("--lr NaN", "--lr is 'NaN', expected a number above 0")]
    [InlineData("--lr 0,1", "--lr is '0,1', expected a number above 0")]
    [InlineData("--device gpu", "'gpu'")]
    [InlineData("--epoch 3", "'--epoch'")]
    public void Says_what_is_wrong(string arguments, string message)
    {
        var ran = false;
        var errors = new StringWriter();
        var code = Options.Command(_ =>
        {
            ran = true;
            return 0;
        }).Parse(arguments.Split(' ')).Invoke(new InvocationConfiguration { Output = TextWriter.Null, Error = errors });
        Assert.Equal(1, code);
        Assert.False(ran);
        // Long messages are wrapped.
        Assert.Contains(message, Regex.Replace(errors.ToString(), @"\s+", " "), StringComparison.Ordinal);
    }

    [Fact]
    public void Helps()
    {
        var output = new StringWriter();
        var code = Options.Command(_ => throw new InvalidOperationException("nothing is to run"))
            .Parse("--help").Invoke(new InvocationConfiguration { Output = output });
        Assert.Equal(0, code);
        var text = output.ToString();
        Assert.All(
            ["--methods", "--microbatch", "--epochs", "--data", "--full", "--seed", "--device", "--output", "--lr", "--batch", "--threads"],
            option => Assert.Contains(option, text, StringComparison.Ordinal));
    }

    private static Options Parse(params string[] arguments)
    {
        Options? options = null;
        var code = Options.Command(given =>
        {
            options = given;
            return 0;
        }).Parse(arguments).Invoke();
        Assert.Equal(0, code);
        return options!;
    }
}
